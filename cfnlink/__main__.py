"""`python -m cfnlink`: the program where its script is not installed."""

from cfnlink import interrupts

interrupts.end_at_once()

from cfnlink.cli import run

interrupts.end_in_order()
run()
