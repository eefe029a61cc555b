"""Ctrl-C while a program still imports its modules: it ends without a traceback."""

import signal


def end_at_once() -> None:
    """Let Ctrl-C end the process; a background job, which ignores it, goes on ignoring it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def end_in_order() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again, which the program catches."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
