"""Parts that several tiers have."""

from typing import Any

from troposphere import AWSHelperFn, Sub, ec2, logs

from templates.settings import Settings
from templates.stack import Stack, Value

EVERYWHERE = "0.0.0.0/0"
HTTPS = 443

NO_EGRESS = ec2.SecurityGroupRule(
    CidrIp="255.255.255.255/32",
    IpProtocol="-1",
    Description="Nothing: a group without a rule would be open to everything.",
)


def local_arn(service: str, resource: str, **values: Any) -> Sub:
    """Return the ARN of a resource in the stack's account and region."""
    arn = f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"
    return Sub(arn, **values)


def closed_group(logical_id: str, vpc: Value, description: str) -> ec2.SecurityGroup:
    """Return the security group of a tier, which admits nothing until something connects."""
    return ec2.SecurityGroup(
        logical_id,
        GroupDescription=description,
        VpcId=vpc,
        SecurityGroupEgress=[NO_EGRESS],
    )


def connect(
    ids: tuple[str, str], stack: Stack, source: AWSHelperFn, target: AWSHelperFn, port: int
) -> list[ec2.SecurityGroupEgress | ec2.SecurityGroupIngress]:
    """Add both ends of a connection to a TCP port.

    ids: the logical ids of the rule of the source and of the rule of the target. source and
    target: ids of security groups.
    """
    outgoing, incoming = ids
    ends: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    return [
        stack.add(
            ec2.SecurityGroupEgress(
                outgoing, GroupId=source, DestinationSecurityGroupId=target, **ends
            )
        ),
        stack.add(
            ec2.SecurityGroupIngress(
                incoming, GroupId=target, SourceSecurityGroupId=source, **ends
            )
        ),
    ]


def expiring_log_group(logical_id: str, settings: Settings, **properties: Any) -> logs.LogGroup:
    """Return a log group that expires, and that is deleted with its stack.

    docs/decisions/0015-log-groups.md has the reasons.
    """
    return logs.LogGroup(
        logical_id,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        **properties,
        RetentionInDays=settings.logs.retention_days,
    )
