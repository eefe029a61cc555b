"""The files of the catalogue have the keys and types that the code reads."""

import inspect
import typing
from typing import Any, Literal, get_args, get_type_hints

import pytest
from pydantic import TypeAdapter

from cfnlink.aws import catalogue, files
from cfnlink.aws.catalogue import FOLDER, facts, price_file, price_regions

FORMS: dict[str, Any] = {
    name: hints["return"]
    for each in typing.get_overloads(facts)
    for hints in [get_type_hints(each, vars(catalogue) | {"files": files, "Any": Any})]
    for name in get_args(hints["name"])
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_has_the_form_that_its_readers_expect(name: str) -> None:
    content = facts(typing.cast("Literal['zones']", name))

    checked = TypeAdapter(FORMS[name]).validate_python(content, strict=name != "prices/sources")

    assert checked


def test_every_file_has_a_form() -> None:
    found = {str(f.relative_to(FOLDER).with_suffix("")) for f in FOLDER.rglob("*.yaml")}
    regions = {f"prices/{region}" for region in (*price_regions(), "global")}

    assert found == set(FORMS) | regions
    assert all(price_file(name.removeprefix("prices/"))["items"] for name in regions)


def test_every_form_is_that_of_a_file() -> None:
    text = inspect.getsource(catalogue) + inspect.getsource(files)

    for name in [name for name in vars(files) if name[0].isupper()]:
        assert text.count(name) > 1, name
