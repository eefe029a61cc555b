"""`python -m cfnlink`, and the program of the script `cfnlink`.

Ctrl-C ends the process at once until a command runs, which ends in order.
"""

from cfnlink import interrupts

interrupts.end_at_once()

from cfnlink.cli import run

if __name__ == "__main__":
    run()
