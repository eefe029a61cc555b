"""Each fact of tests/rules/fits.yaml is reported with a bad value, and not with a good one."""

import json
import re
from typing import Any

import pytest
import yaml

from cfnlink.aws.fits import fits
from cfnlink.rules import RULES
from tests.helpers import ROOT
from tests.rules.cases import parse
from tests.rules.cases.fits import is_plain
from tests.template import read

TEXT = (ROOT / "tests" / "rules" / "fits.yaml").read_text()
BAD, GOOD = (yaml.safe_load(re.sub(r"<([^<>|]*)\|([^<>|]*)>", rf"\{n}", TEXT)) for n in (1, 2))


CERTIFICATE = {"Ref": "Certificate"}
CERTIFIED = {  # type -> properties with a certificate, which is of the stack's region
    "AWS::ElasticLoadBalancingV2::Listener": {"Certificates": [{"CertificateArn": ""}]},
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": {
        "Certificates": [{"CertificateArn": ""}]
    },
    "AWS::ElasticLoadBalancing::LoadBalancer": {"Listeners": [{"SSLCertificateId": ""}]},
    "AWS::ApiGateway::DomainName": {"RegionalCertificateArn": ""},
    "AWS::ApiGatewayV2::DomainName": {"DomainNameConfigurations": [{"CertificateArn": ""}]},
}


def found(example: dict[str, Any], resources: Any, **sections: Any) -> list[str]:
    template = read({**sections, "Resources": resources})
    rule = RULES[example.get("rule", "E9931")]()
    return [".".join(map(str, match.path[1:])) for match in rule.match(template)]


@pytest.mark.parametrize("n", range(len(BAD)), ids=[example["at"] for example in BAD])
def test_a_fact_reports_its_bad_value(n: int) -> None:
    at = BAD[n]["at"] if BAD[n].get("whole") else ".".join(parse(BAD[n]["at"]))
    at = f"{at}.Properties" if "." not in at else at

    assert at in found(BAD[n], BAD[n]["resources"])
    assert found(GOOD[n], GOOD[n]["resources"]) == []


def test_each_type_has_an_example() -> None:
    known = {body["Type"] for example in BAD for body in example["resources"].values()}

    special = {kind for kind, rows in fits().items() if not all(map(is_plain, rows))}
    assert special - known == {
        "AWS::ElasticLoadBalancingV2::Listener",  # the stock linter has the plain example
        *CERTIFIED,
    }


def test_what_the_stock_linter_cannot_read_is_reported() -> None:
    def entry(protocol: Any) -> dict[str, Any]:
        return {
            "Entry": {
                "Type": "AWS::ElasticLoadBalancingV2::Listener",
                "Properties": {"Protocol": protocol},
            }
        }

    parameters = {"Scheme": {"Type": "String", "Default": "TLS"}}
    own = {"rule": "E9962"}
    assert found(own, entry({"Ref": "Scheme"}), Parameters=parameters) == ["Entry.Properties"]
    assert found(own, entry("TLS")) == []
    assert found(own, entry({"Ref": "Scheme"}), Parameters={"Scheme": {"Type": "String"}}) == []


@pytest.mark.parametrize(("region", "expected"), [("eu-west-1", 1), ("us-east-1", 0)])
@pytest.mark.parametrize(
    ("code", "kind", "properties"),
    [
        (
            "E9931",
            "CloudFront::Distribution",
            {"DistributionConfig": {"ViewerCertificate": {"AcmCertificateArn": CERTIFICATE}}},
        ),
        ("E9614", "ApiGateway::DomainName", {"CertificateArn": CERTIFICATE}),
    ],
)
def test_a_resource_is_of_the_region_of_its_stack(
    code: str, kind: str, properties: dict[str, Any], region: str, expected: int
) -> None:
    template = {
        "Metadata": {"Linked": ""},
        "Resources": {
            "Certificate": {"Type": "AWS::CertificateManager::Certificate"},
            "Site": {"Type": f"AWS::{kind}", "Properties": properties},
        },
    }

    assert len(RULES[code]().match(read(template, region))) == expected


@pytest.mark.parametrize(("region", "expected"), [("eu-west-1", 1), ("us-east-1", 0)])
@pytest.mark.parametrize("kind", CERTIFIED)
def test_a_certificate_is_of_the_region_of_its_stack(
    kind: str, region: str, expected: int
) -> None:
    arn = f"arn:aws:acm:{region}:111122223333:certificate/1"
    properties = json.loads(json.dumps(CERTIFIED[kind]).replace('""', f'"{arn}"'))
    lone = {"Resources": {"Entry": {"Type": kind, "Properties": properties}}}
    linked = {"Metadata": {"Linked": ""}, **lone}

    assert len(RULES["E9931"]().match(read(linked, "us-east-1"))) == expected
    assert RULES["E9931"]().match(read(lone, "us-east-1")) == []


@pytest.mark.parametrize(("seconds", "expected"), [(40, 1), (20, 0), (None, 0)])
def test_a_timeout_is_compared_with_that_of_the_queue(
    seconds: int | None, expected: int
) -> None:
    value = {"Ref": "Seconds"} if seconds else {"Ref": "AWS::NoValue"}
    resources = {
        "Jobs": {"Type": "AWS::SQS::Queue"},
        "Work": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": value}},
        "Reads": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]},
                "FunctionName": {"Ref": "Work"},
            },
        },
    }
    parameters = {"Seconds": {"Type": "Number", "Default": seconds or 1}}

    assert len(found({}, resources, Parameters=parameters)) == expected


def test_a_custom_resource_may_set_up_the_bucket() -> None:
    (n,) = (n for n, one in enumerate(BAD) if one["at"].startswith("Upload"))
    sets_up = {"Type": "Custom::Notify", "Properties": {"Bucket": {"Ref": "Photos"}}}

    assert found(BAD[n], BAD[n]["resources"])
    assert found(BAD[n], {**BAD[n]["resources"], "Sets": sets_up}) == []
