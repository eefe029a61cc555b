"""Every reader of YAML gets the template that the JSON holds."""

import io
import json
from typing import Any

import pytest
import yaml
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cfnlink.writer import json_text, yaml_text

AMBIGUOUS = (
    *("089111122223", "._5", ".", "..", ".e+3", "-.5_e3", "+_5"),
    *("089012345678", "011122223333", "1234e56", "1e3", "1E3", "0o17", "0x1F", "0b11", "1_000"),
    *("+1", "-1", ".5", "1.", "1,000", ".inf", "-.INF", ".NaN"),
    *("y", "N", "yes", "No", "on", "OFF", "true", "False", "null", "NULL", "~", "=", "<<"),
    *("2012-10-17", "2026-11-26T10:00:00Z", "2026-11-26 10:00:00", "17:30", "190:20:30"),
)
AWKWARD = (
    "",
    "a: b",
    "# no",
    "'",
    '"',
    "${A}\n",
    "é",
    " x",
    "- x",
    "!Ref X",
    "{",
    "\x85",
    "\u2028",
)
texts = st.one_of(
    st.sampled_from([*AMBIGUOUS, *AWKWARD]),
    st.from_regex(r"[-+.0-9eExXoObB_:, TtZz]{1,12}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs", "Cc"])),
)
values = st.recursive(
    texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=8,
)


def by_pyyaml(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def by_yaml_1_2(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def by_aws_cli(text: str) -> Any:
    return json.loads(json.dumps(yaml_parse(text)))  # type: ignore[no-untyped-call]


READERS = (by_pyyaml, by_yaml_1_2, by_aws_cli)


@given(values)
@example(list(AMBIGUOUS))
@example({text: [text, {"Fn::Sub": text}] for text in (*AMBIGUOUS, *AWKWARD)})
def test_three_readers_read_what_the_json_holds(value: Any) -> None:
    template = {"Resources": {"A": value}}
    text, wanted = yaml_text(template), json.loads(json_text(template))

    for read in READERS:
        assert read(text) == wanted, read.__name__


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_a_text_that_a_reader_could_take_for_another_type_is_quoted(text: str) -> None:
    assert yaml_text({"Resources": {"A": text}}) == f"Resources:\n  A: '{text}'\n"


@pytest.mark.parametrize(
    "text", ["10.0.0.0/16", "db.t4g.micro", "arn:aws:s3:::x", "shop-1", "none"]
)
def test_a_text_that_every_reader_takes_for_text_stays_plain(text: str) -> None:
    assert yaml_text({"Resources": {"A": text}}) == f"Resources:\n  A: {text}\n"


def test_no_template_has_an_alias() -> None:
    shared = {"Ref": "Vpc"}

    assert "&" not in yaml_text({"Resources": {"A": shared, "B": shared}})
