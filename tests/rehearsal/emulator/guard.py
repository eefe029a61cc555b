"""End the processes of the emulator when it ends, also where it was killed.

The emulator writes a line for each process that it starts (+ and its number) and for each that
has ended (-). With a process its group ends, if it leads one. The emulator never closes this
program's input: the end of the input is the end of the emulator.
"""

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    processes = set()
    for line in sys.stdin:
        process = int(line[1:])
        processes.add(process) if line[0] == "+" else processes.discard(process)
    for process in processes:
        for end in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                end(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
