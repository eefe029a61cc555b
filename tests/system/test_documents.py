"""A document is read from a mapping and from JSON text, with expressions for its variables."""

from typing import Any

import pytest

from cfnlink.system.documents import document
from cfnlink.system.state_machines import states
from tests.system.templates import one
from tests.template import get_att, ref


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"A": "${B}"}, {"A": ref("B")}),
        ({"A": ref("B")}, {"A": ref("B")}),
        ('{"A": ["${B.Arn}"]}', {"A": [get_att("B", "Arn")]}),
        ({"Fn::Sub": '{"A": "${Own}"}'}, {"A": ref("Mine")}),
        ({"Fn::Join": ["", ['{"A": "', ref("B"), '"}']]}, {"A": ref("B")}),
        ('{"A": "x-${Own}-${B}"}', {"A": {"Fn::Sub": ["x-${Own}-${B}", {"Own": ref("Mine")}]}}),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, None),
        ("no JSON", None),
        (None, {}),
    ],
)
def test_a_document_has_expressions_for_its_variables(value: Any, expected: Any) -> None:
    assert (document(value, {"Own": ref("Mine")}) or {}) == (expected or {})


def test_a_machine_has_the_states_inside_of_others() -> None:
    inner = {
        "Deep": {"Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"A.$": 1}}
    }
    definition = {
        "States": {
            "Each": {"ItemProcessor": {"States": {"Old": {"Iterator": {"States": inner}}}}},
            "All": {"Branches": [{"States": {"Left": {}}}]},
        }
    }
    found = {state.path[-1]: state for state in states(one("X", Definition=definition))}

    assert set(found) == {"Each", "Old", "Deep", "All", "Left"}
    assert found["Deep"].calls == "ecs:runTask"
    assert found["Deep"].arguments == ("Parameters", {"A": ref("?")})
