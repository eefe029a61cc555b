"""`python init.py` prints its new command; the file goes with release 0.3."""

from cfnlink.former import say_new_command

say_new_command()
