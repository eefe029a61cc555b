"""EC2: rules that stand alone, elastic addresses, NAT gateways; what others lost.

The four types were "Unrecognized resource types"; EC2's own code was there.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from ministack.services import alb, ec2
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, accepted, patch, require, teach

RULE = (
    "GroupId",
    "IpProtocol",
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "SourcePrefixListId",
    "DestinationSecurityGroupId",
    "DestinationPrefixListId",
)


def _require_group(group_id: str | None) -> Any:
    require(
        group_id in ec2._security_groups,
        f"The security group '{group_id}' does not exist (InvalidGroup.NotFound)",
    )
    return ec2._security_groups[group_id]


def _add_rule(egress: bool, _: str, props: Properties, __: str) -> Made:
    group_id = props["GroupId"]
    side = "IpPermissionsEgress" if egress else "IpPermissions"
    rules = _require_group(group_id)[side]
    [rule] = provisioners._ec2_sg_permissions([props])
    for pair in rule["UserIdGroupPairs"]:
        _require_group(pair.get("GroupId"))
    if egress:
        # On AWS the first rule of its own takes the group's allow-all away.
        [allow_all] = provisioners._ec2_sg_egress_permissions(None)
        rules[:] = [known for known in rules if known != allow_all]
    rule_id = ec2._sg_rule_id(group_id, egress, rule)
    known_ids = [ec2._sg_rule_id(group_id, egress, known) for known in rules]
    require(rule_id not in known_ids, f"the specified rule {rule} already exists")
    rules.append(rule)
    return rule_id, {"Id": rule_id}


def _remove_rule(egress: bool, rule_id: str, props: Properties) -> None:
    group = ec2._security_groups.get(props["GroupId"])
    if group:
        ec2._revoke_sg_rules_by_id(group, props["GroupId"], [rule_id], egress)


def _describe_rule(
    egress: bool, rule_id: str, old: Properties, new: Properties, stack: str
) -> Made:
    """Only the description changes in place."""
    _remove_rule(egress, rule_id, old)
    return _add_rule(egress, rule_id, new, stack)


def _allocate(_: str, props: Properties, __: str) -> Made:
    answer = accepted(ec2._allocate_address({"Domain": props.get("Domain", "vpc")}))
    [allocation] = re.findall("<allocationId>(.*)</allocationId>", answer)
    provisioners._ec2_apply_tags(allocation, props)
    address = ec2._addresses[allocation]["PublicIp"]
    return address, {"AllocationId": allocation, "PublicIp": address}


def _release(address: str, _: Properties) -> None:
    for allocation, record in list(ec2._addresses.items()):
        if record["PublicIp"] == address:
            ec2._release_address({"AllocationId": allocation})


def _create_nat(_: str, props: Properties, __: str) -> Made:
    subnet, allocation = props["SubnetId"], props.get("AllocationId", "")
    require(subnet in ec2._subnets, f"The subnet ID '{subnet}' does not exist")
    require(
        allocation in ec2._addresses or props.get("ConnectivityType") == "private",
        f"The allocation ID '{allocation}' does not exist",
    )
    request = {"SubnetId": subnet, "AllocationId": allocation}
    request["ConnectivityType"] = props.get("ConnectivityType", "public")
    answer = accepted(ec2._create_nat_gateway(request))
    [nat] = re.findall("<natGatewayId>(.*)</natGatewayId>", answer)
    provisioners._ec2_apply_tags(nat, props)
    return nat, {"NatGatewayId": nat}


def _delete_nat(nat: str, _: Properties) -> None:
    ec2._delete_nat_gateway({"NatGatewayId": nat})


@patch(ec2, "_vpce_fields_xml")
def _endpoint_with_groups(
    old: Callable[..., str], endpoint: Properties, tag: str = "item"
) -> str:
    """An interface endpoint's groups and private DNS were kept but not described."""
    groups = "".join(
        f"<item><groupId>{group}</groupId></item>"
        for group in endpoint.get("SecurityGroupIds", [])
    )
    private = str(endpoint.get("PrivateDnsEnabled", False)).lower()
    more = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{private}</privateDnsEnabled>"
    return old(endpoint, tag=tag).replace(f"</{tag}>", f"{more}</{tag}>")


@patch(provisioners, "_elbv2_listener_create")
def _listener_with_attributes(
    old: Callable[..., Made], logical_id: str, props: Properties, stack: str
) -> Made:
    """ListenerAttributes were dropped by create (update kept them): no CORS header."""
    arn, attributes = old(logical_id, props, stack)
    kept = alb._listener_attrs.setdefault(arn, [])
    provisioners._elbv2_merge_attributes(kept, props.get("ListenerAttributes"))
    return arn, attributes


for _side, _egress in (("Ingress", False), ("Egress", True)):
    teach(
        f"AWS::EC2::SecurityGroup{_side}",
        functools.partial(_add_rule, _egress),
        functools.partial(_remove_rule, _egress),
        functools.partial(_describe_rule, _egress),
        RULE,
    )
teach("AWS::EC2::EIP", _allocate, _release, replacing=("Domain",))
teach(
    "AWS::EC2::NatGateway",
    _create_nat,
    _delete_nat,
    replacing=("SubnetId", "AllocationId", "ConnectivityType"),
)
