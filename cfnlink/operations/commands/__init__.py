"""The commands: each is the function `run` of the module of its name."""
