"""Read files of parameters, in the formats that the AWS CLI and CodePipeline take."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfnlink.system.folder import UnusableError, read_file

EXPECTED = (
    "expected a JSON list of ParameterKey and ParameterValue, a JSON object with Parameters, "
    "or lines Key=Value"
)


@dataclass(frozen=True)
class ParameterFile:
    """Values of parameters, for the template whose name begins the file's name."""

    path: Path
    values: dict[str, Any]

    def is_for(self, stem: str, stems: Iterable[str]) -> bool:
        """Whether it is for the template with this name, of those with these names."""
        return stem == max(filter(self._begins_with, stems), key=len, default=None)

    def is_for_some(self, stems: Iterable[str]) -> bool:
        """Whether its name begins with one of these names; else it is for all templates."""
        return any(map(self._begins_with, stems))

    def _begins_with(self, stem: str) -> bool:
        name = self.path.name
        return name.startswith(stem) and not name[len(stem) : len(stem) + 1].isalnum()


def read_parameters(path: Path) -> ParameterFile:
    """Return the values of a file. Raises UnusableError.

    https://docs.aws.amazon.com/cli/latest/reference/cloudformation/create-stack.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
    """
    try:
        text = read_file(path).decode("utf-8-sig")
        found = json.loads(text) if text.lstrip()[:1] in ("[", "{") else _lines(text)
        values = _values(found)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnusableError(path, f"not a file of parameters; {EXPECTED}") from None
    return ParameterFile(path, values)


def _values(found: Any) -> dict[str, Any]:
    if isinstance(found, list):
        if all(isinstance(each, str) for each in found):  # as `aws cloudformation deploy` takes
            return _lines("\n".join(found))
        return {
            each["ParameterKey"]: _text(each["ParameterValue"])
            for each in found
            if not each.get("UsePreviousValue")
        }
    return {key: _text(value) for key, value in found.get("Parameters", found).items()}


def _text(value: Any) -> Any:
    """Return a value as CloudFormation takes it: a list is a text with commas."""
    if isinstance(value, dict) or value is None:
        raise TypeError
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _lines(text: str) -> dict[str, Any]:
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    if not all(key.strip() and mark for key, mark, _ in pairs):
        raise ValueError
    return {key.strip(): value.strip() for key, _, value in pairs}
