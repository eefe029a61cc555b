"""End the processes of the emulator when it ends, also where it was killed.

The emulator writes a line for each process group that it starts (+ and its number) and for
each that has ended (-). It never closes this program's input: the end of the input is the end
of the emulator.
"""

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    groups = set()
    for line in sys.stdin:
        group = int(line[1:])
        groups.add(group) if line[0] == "+" else groups.discard(group)
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
