"""What receives a release: functions and site. Each observes, plans (pure), applies and reverts."""
