"""The workflows of GitHub Actions for a project: `cfnlink pipeline`."""
