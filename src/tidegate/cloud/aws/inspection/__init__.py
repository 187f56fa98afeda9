"""The inspection port over AWS: one file a noun, gathered in `inspection.AwsInspection`."""
