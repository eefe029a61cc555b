"""The settings of a new project: what `make init` asks, checks and writes."""
