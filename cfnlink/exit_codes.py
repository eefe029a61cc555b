"""The exit codes of every command."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAILED = 1
    UNUSABLE = 2
    DATA = 3
    BUSY = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


# The only table of what they mean: --help prints it.
MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "failed at AWS, or something there is not as it should be",
    Exit.UNUSABLE: "unusable input or wrong usage; nothing was changed",
    Exit.DATA: "refused: data would be lost, or a stack is not this project's",
    Exit.BUSY: "busy: another deployment is under way",
    Exit.UNREACHABLE: (
        "AWS cannot be reached, or refuses the credentials or the permission; time or a "
        "permission helps"
    ),
    Exit.INTERRUPTED: "interrupted; the next run carries on",
}


def table(meanings: dict[Exit, str]) -> str:
    """Return exit codes and their meanings as --help shows them."""
    return "\n".join(f"  {code:>3}  {meaning}" for code, meaning in meanings.items())
