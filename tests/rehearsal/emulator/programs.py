"""What runs in place of an image, which is not on this machine.

The file that PROGRAMS names holds rules in JSON, and is read at each start of a container:

    [{"image": "*:2", "command": ["python", "service.py"]}, {"image": "*:3", "command": null}]

The first rule whose pattern (of fnmatch) matches the image decides; with `arguments` this
pattern matches the container's own command, too. Its command takes the place
of the image's entry point, so the container's own command follows it. `null` is an image that
is not there. An image without a rule runs a program that waits for its end.
"""

import json
import os
from fnmatch import fnmatchcase
from pathlib import Path

from registry import Properties

IDLE = ["tail", "-f", "/dev/null"]


class MissingImageError(Exception):
    """An image that is in no repository."""


def command_of(container: Properties) -> list[str]:
    """Return the program and its arguments for a container. Raises MissingImageError."""
    image, arguments = container.get("image", ""), container.get("command") or []
    for rule in json.loads(Path(os.environ["PROGRAMS"]).read_text("utf-8")):
        if not fnmatchcase(" ".join(arguments), rule.get("arguments", "*")):
            continue
        if fnmatchcase(image, rule["image"]):
            if rule["command"] is None:
                raise MissingImageError(image)
            return [*rule["command"], *arguments]
    return IDLE
