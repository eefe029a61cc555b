"""A row of a data file makes the rule that its keys describe, or one clear error."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from cfnlink.aws.catalogue import CatalogueError, facts
from cfnlink.lint.declared import declared

KIND, URL = "AWS::Shop::Thing", "https://docs.aws.amazon.com/"
ROW = {"type": KIND, "path": "Size", "good": "It fits.", "fix": "correct it", "docs": URL}


def rules(folder: Path, **row: Any) -> dict[str, Any]:
    """Return the rules of a file with one row."""
    folder = folder / "cfnlink" / "rules"
    folder.mkdir(parents=True)
    file = folder / "things.yaml"
    file.write_text(yaml.safe_dump({"E9999": {**ROW, **row}}), "utf-8")
    return declared(file)


def found(folder: Path, row: dict[str, Any], properties: dict[str, Any]) -> list[str]:
    """Return the messages about one resource."""
    resources = {"Thing": {"Type": KIND, "Properties": properties}}
    cfn: Any = SimpleNamespace(template={"Resources": resources}, regions=[])
    (rule,) = rules(folder, **row).values()
    return [match.message for match in rule().match(cfn)]


@pytest.mark.parametrize(
    ("row", "good", "bad"),
    [
        ({"one_of": [True]}, {"Size": "true"}, {"Size": False}),
        ({"none_of": [[]]}, {"Size": [1]}, {"Size": []}),
        ({"between": [1, float("inf")]}, {"Size": 7}, {"Size": 0}),
        ({"matches": "[a-z]+"}, {"Size": "a"}, {"Size": "a1"}),
        ({"listed": "api_gateway.http_methods"}, {"Size": "GET"}, {"Size": "GOT"}),
        ({"is": "present", "required": True}, {"Size": 1}, {}),
        ({"is": "absent"}, {}, {"Size": {"Ref": "Size"}}),
        ({"is": "filled"}, {"Size": [1]}, {"Size": []}),
        ({"is": "expression"}, {"Size": {"Ref": "Size"}}, {"Size": 1}),
        ({"needed_by": "Other"}, {}, {"Other": 1}),
        ({"needed_by": {"Other": "a.*"}}, {"Other": "b"}, {"Other": "ab"}),
        ({"excluded_by": {"Other": "a"}}, {"Size": 1, "Other": "b"}, {"Size": 1, "Other": "a"}),
        ({"holding": {"key": "In", "one_of": [1]}}, {"Size": {"In": 1}}, {"Size": {"In": 2}}),
        ({"path": ["Size", "Width"], "one_of": [1]}, {"Size": 1}, {"Size": 1, "Width": 2}),
        ({"type": ["AWS::Shop::Door", KIND], "one_of": [1]}, {"Size": 1}, {"Size": 2}),
    ],
)
def test_a_row_says_what_is_allowed(
    row: dict[str, Any], good: dict[str, Any], bad: dict[str, Any], tmp_path: Path
) -> None:
    assert found(tmp_path / "good", row, good) == []
    assert len(found(tmp_path / "bad", row, bad)) == 1


@pytest.mark.parametrize(
    ("other", "judged"),
    [({"Kind": "ab", "On": "true"}, True), ({"Kind": "ab", "On": False}, False),
     ({"Kind": "b", "On": True}, False), ({"On": True}, False),
     ({"Kind": {"Ref": "ab"}, "On": True}, False),
     ({"Kind": "ab", "On": True, "Free": 1}, False)],
)  # fmt: skip
def test_a_row_is_only_about_resources_with_some_properties(
    other: dict[str, Any], judged: bool, tmp_path: Path
) -> None:
    row = {"one_of": [1], "only_if": {"Kind": "a.*", "On": True, "Free": None}}

    assert bool(found(tmp_path, row, {"Size": 2, **other})) is judged


def test_the_fix_names_what_is_listed(tmp_path: Path) -> None:
    row = {"listed": "api_gateway.http_methods", "fix": "write one of {listed}"}
    (message,) = found(tmp_path, row, {"Size": "GOT"})

    assert message.endswith(f"write one of {', '.join(facts('api_gateway')['http_methods'])}")


def test_a_row_gives_the_texts_and_the_id_of_its_rule(tmp_path: Path) -> None:
    rule = rules(tmp_path, one_of=[1], why="It breaks.", formerly="E9998")["E9999"]

    assert (rule.id, rule.shortdesc, rule.description) == ("E9999", "It fits", "It breaks.")
    assert (rule.source_url, rule.formerly) == (URL, "E9998")


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({}, "it allows by nothing, and needs one condition"),
        ({"one_of": [1], "matches": "1"}, "it allows by one_of, matches, and needs one"),
        ({"one_of": 1}, "1 is no list"),
        ({"is": "there"}, "'there'"),
        ({"one_of": [1], "fix": 1}, "fix is of the type int"),
        ({"one_of": [1], "when": "now"}, "no key 'when'"),
        ({"listed": "api_gateway.none"}, "'none'"),
    ],
)
def test_a_wrong_row_is_one_clear_error(
    row: dict[str, Any], wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(CatalogueError) as error:
        rules(tmp_path, **row)

    message = str(error.value)
    assert message.startswith("cfnlink/rules/things.yaml: E9999: ")
    assert wrong in message
    assert message.endswith("; expected the keys of cfnlink/lint/declared.py")


def test_a_subject_may_have_no_file(tmp_path: Path) -> None:
    assert declared(tmp_path / "none.yaml") == {}
