"""How a command ends: its exit code, and the error of one that could not go on."""

from cfnlink.exit_codes import MEANINGS, Exit

__all__ = ["MEANINGS", "CommandError", "Exit", "counted", "one_line"]


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
