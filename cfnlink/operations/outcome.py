"""How a command ends: its exit code, and the message of one that could not go on."""

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


class CommandError(Exception):
    """Why a command ends here, and the command that comes next."""

    def __init__(self, code: Exit, message: str, next_command: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_command = next_command


def one_line(text: object) -> str:
    """An error's or AWS's words on one line."""
    return " ".join(str(text).split())


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or the plural: 1 stack, 8 stacks."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def table() -> str:
    """The exit codes as --help shows them."""
    return "exit codes:\n" + "\n".join(f"  {code:>3}  {MEANINGS[code]}" for code in Exit)
