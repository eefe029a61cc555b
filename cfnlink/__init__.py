"""Lint, price, draw and deploy the stacks of an environment as one system."""
