"""`python -m cfnlink`: the program where its script is not installed."""

from cfnlink.cli import run

run()
