"""A value that only AWS knows is no error: what a nested stack or a custom resource returns."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.cases import case
from tests.rules.test_rules import RULES, findings, good
from tests.template import read

ERRORS = [rule_id for rule_id in RULES if rule_id.startswith("E")]
NESTED = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "network.yml"}}
CUSTOM = {"Type": "Custom::Lookup", "Properties": {"ServiceToken": "arn"}}
STATEMENT = "ServiceExecutionRole.Policies.0.PolicyDocument.Statement"
LIMIT = "AccountPermissionsBoundary.PolicyDocument.Statement"
NETWORK = "ServiceService.NetworkConfiguration.AwsvpcConfiguration"
PLACES = [
    "NetworkInternetGatewayAttachment.InternetGatewayId",
    "NetworkPublicDefaultRoute.RouteTableId",
    "NetworkPublicRoutesA.RouteTableId",
    "NetworkPublicRoutesA.SubnetId",
    "ServiceSecurityGroup.SecurityGroupEgress.0",
    "ApiBalancerFromLink.GroupId",
    "ApiBalancerFromLink.SourceSecurityGroupId",
    "ApiVpcLink.SecurityGroupIds.0",
    "DatabaseInstance.VPCSecurityGroups.0",
    "LoadBalancerLoadBalancer.Subnets.0",
    "LoadBalancerLoadBalancer.SecurityGroups.0",
    "LoadBalancerListener.LoadBalancerArn",
    f"{NETWORK}.SecurityGroups.0",
    f"{NETWORK}.Subnets.0",
    "ServiceDatabaseFromTasks.GroupId",
    "ServiceService.Cluster",
    "ServiceService.LoadBalancers.0.TargetGroupArn",
    "ApiProxyOptions.MethodResponses.0.ResponseParameters",
    "ApiProxyOptions.MethodResponses.0.StatusCode",
    "ApiProxyOptions.Integration.IntegrationResponses",
    "ApiProxyOptions.Integration.IntegrationResponses.0.StatusCode",
    "ApiProxyMethod.Integration.IntegrationTarget",
    "DnsAlias.AliasTarget.HostedZoneId",
    "MonitoringServiceCpu.Dimensions.0.Value",
    "ServiceTaskRole.AssumeRolePolicyDocument.Statement.0.Principal",
    "ServiceExecutionRole.Policies.0",
    "ServiceExecutionRole.Policies.0.PolicyDocument",
    STATEMENT,
    f"{STATEMENT}.1",
    f"{STATEMENT}.1.Action",
    f"{STATEMENT}.1.Action.0",
    f"{STATEMENT}.1.Effect",
    f"{STATEMENT}.1.Resource.0",
    LIMIT,
    f"{LIMIT}.1.Action.0",
    "DatabaseMasterSecret.GenerateSecretString.GenerateStringKey",
]


def errors(changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return what the error rules find in the good system with changes."""
    changed = case("", changes, **more).mutate(good("production"))
    cfn = read(changed)
    return {rule_id: found for rule_id in ERRORS if (found := findings(rule_id, cfn))}


@pytest.mark.parametrize("place", PLACES)
def test_what_a_nested_stack_returns_is_no_error(place: str) -> None:
    value = {"Fn::GetAtt": ["Nested", "Outputs.Value"]}

    assert errors({place: value, "Nested": NESTED}) == {}


def test_what_a_custom_resource_returns_is_no_error() -> None:
    value = {"Fn::GetAtt": ["Custom", "Value"]}
    places = ("ServiceService.Cluster", "LoadBalancerLoadBalancer.SecurityGroups.0")

    assert errors({**dict.fromkeys(places, value), "Custom": CUSTOM}) == {}


def test_subnets_of_two_outputs_of_one_nested_stack_may_lie_in_two_zones() -> None:
    subnets = [{"Fn::GetAtt": ["Nested", f"Outputs.Subnet{n}"]} for n in (1, 2)]

    assert errors({"LoadBalancerLoadBalancer.Subnets": subnets, "Nested": NESTED}) == {}


def test_what_a_macro_may_add_is_not_missing() -> None:
    name = "NetworkS3Endpoint"
    lacking = {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {"VpcId": {"Ref": "NetworkVpc"}, "VpcEndpointType": "Gateway"},
    }

    assert "E9012" in errors({name: lacking})
    assert "E9012" not in errors({name: lacking}, template={"Transform": ["ExpandEndpoint"]})
    lacking["Properties"]["Fn::Transform"] = {"Name": "AWS::Include"}  # type: ignore[index]
    assert "E9012" not in errors({name: lacking})
