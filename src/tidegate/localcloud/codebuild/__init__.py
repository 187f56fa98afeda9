"""AWS CodeBuild: projects, and builds that really run their buildspec."""
