"""ARNs of resources, as policies write them."""

import pytest

from cfnlink.system.arn import may_mean, pattern, whole_arn
from cfnlink.system.resource import System
from tests.template import ref, resource

ARN = "arn:aws:ssm:us-east-1:111122223333:parameter"


@pytest.mark.parametrize(
    ("name", "text", "same"),
    [
        ("/shop/host", "${Host}", True),
        ("/shop/host", "/shop/host", True),
        ("host", "/${Host}", True),
        ("/shop/host", "/shop/port", False),
    ],
)
def test_the_name_of_a_parameter_may_begin_with_the_slash_of_its_arn(
    name: str, text: str, *, same: bool
) -> None:
    host = resource("AWS::SSM::Parameter", Type="String", Name=name, Value="x")
    system = System({"Resources": {"Host": host}})

    given = pattern(system, {"Fn::Sub": ARN + text})

    assert given
    assert may_mean(given, whole_arn(system, ref("Host"))) is same
