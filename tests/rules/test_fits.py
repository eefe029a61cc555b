"""Each plain fact of aws/fits.yaml accepts its good example and reports its bad one."""

import pytest

from cfnlink.aws.fits import Fit, fits
from cfnlink.system.expressions import reached
from cfnlink.system.fits import misfits
from tests.rules.cases.fits import bad_example, good_example, is_plain

ROWS = [(kind, fit) for kind, rows in fits().items() for fit in rows if is_plain(fit)]


@pytest.mark.parametrize("example", [bad_example, good_example])
def test_a_fact_reports_its_bad_example_alone(example: object) -> None:
    for kind, fit in ROWS:
        body = (bad_example if example is bad_example else good_example)(kind, fit)
        path = fit.at.split(".") if fit.at else []
        found = [
            each for _, node in reached(body["Properties"], path) for each in misfits(fit, node)
        ]

        assert bool(found) is (example is bad_example), fit


def test_a_fact_about_an_expression_is_not_judged() -> None:
    fit = Fit(trigger="A", then="B", docs="", among=("x",), must="absent")

    assert [*misfits(fit, {"A": "x", "B": 1})]
    assert not [*misfits(fit, {"A": {"Ref": "X"}, "B": 1})]
    assert not [*misfits(fit, {"A": "x", "B": {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}})]
