"""A plugin of the AWS CLI, by which it asks a stack each second how far it is.

It asks each 30 seconds, which suits durations of AWS and not those of the emulator.
https://docs.aws.amazon.com/cli/v1/userguide/cli-configure-files.html
"""

import time
from types import SimpleNamespace
from typing import Any

from botocore import waiter

CONFIGURATION = f"[plugins]\nquestions = {__name__}\n"


def awscli_initialize(_: Any) -> None:
    """Let the CLI wait a second between two questions at most."""
    quick: Any = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 1.0)))
    vars(waiter)["time"] = quick
