"""Production has the facts that a reviewer asks for about security groups."""

from tests.tiers.resources import System, of_type


def test_no_group_is_open_to_everything(system: System) -> None:
    groups = of_type(system, "AWS::EC2::SecurityGroup")

    assert len(groups) == 4
    for group in groups.values():
        (egress,) = group["Properties"]["SecurityGroupEgress"]
        assert egress["CidrIp"] == "255.255.255.255/32" or egress["FromPort"] == 443


def test_the_request_path_is_open_and_nothing_else(system: System) -> None:
    steps = {
        (
            rule["SourceSecurityGroupId"]["Fn::GetAtt"][0],
            rule["GroupId"]["Fn::GetAtt"][0],
            rule["FromPort"],
        )
        for rule in (
            body["Properties"]
            for body in of_type(system, "AWS::EC2::SecurityGroupIngress").values()
        )
    }

    assert steps == {
        ("ApiSecurityGroup", "LoadBalancerSecurityGroup", 80),
        ("LoadBalancerSecurityGroup", "ServiceSecurityGroup", 3000),
        ("ServiceSecurityGroup", "DatabaseSecurityGroup", 5432),
    }


def test_every_step_has_its_way_out(system: System) -> None:
    def pairs(kind: str, own: str, other: str) -> set[tuple[str, str, int]]:
        return {
            (rule[own]["Fn::GetAtt"][0], rule[other]["Fn::GetAtt"][0], rule["ToPort"])
            for rule in (body["Properties"] for body in of_type(system, kind).values())
        }

    into = pairs("AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", "GroupId")
    out = pairs("AWS::EC2::SecurityGroupEgress", "GroupId", "DestinationSecurityGroupId")
    assert into == out
