"""The hosted zone and the certificate that its records validate."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cfnlink.operations.aws_cli import aws, aws_global, deploy_command
from cfnlink.operations.check import FAILED, OK, WARNING, Found
from cfnlink.operations.delegation import SKIPPED, delegated, of_stack, public
from cfnlink.operations.preflight.context import PreflightContext

if TYPE_CHECKING:
    from mypy_boto3_acm.type_defs import ResourceRecordTypeDef


def hosted_zones(context: PreflightContext) -> Iterator[Found]:
    """Whether public DNS leads to the zones of the certificates."""
    environment = context.environment
    wanted = [each for stack in environment.stacks for each in of_stack(environment, stack)]
    yield from delegated(environment, wanted, context.resolver)
    for made in context.not_yet_deployed("AWS::Route53::HostedZone"):
        name = str(made.properties.get("Name", "")).rstrip(".")
        others = _of_name(context, name)
        if others:
            says = f"{name} exists already as {others[0]}; {made.stack} would make a second one"
            words = f'set [account] hosted_zone_id = "{others[0]}"'
            yield WARNING, says, environment.change_setting("project.toml", words)
        elif wanted:
            says = f"{made.stack} makes {name}, which is then to be delegated"
            yield WARNING, says, deploy_command(environment, environment.stack(made.stack))


def certificates(context: PreflightContext) -> Iterator[Found]:
    """Whether a certificate for one of our names waits for its record in DNS.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    environment = context.environment
    ours = [each for stack in environment.stacks for each in of_stack(environment, stack)]
    names = {each.properties.get("DomainName") for each in ours}
    if not names:
        return
    acm = environment.clients.acm
    pages = acm.get_paginator("list_certificates").paginate(
        CertificateStatuses=["PENDING_VALIDATION"]
    )
    pending = [
        found["CertificateArn"]
        for page in pages
        for found in page["CertificateSummaryList"]
        if found["DomainName"] in names
    ]
    for arn in pending:
        for option in acm.describe_certificate(CertificateArn=arn)["Certificate"].get(
            "DomainValidationOptions", []
        ):
            if "ResourceRecord" in option:
                yield _record(context, arn, option["ResourceRecord"])
    if not pending:
        yield OK, "none is pending"


def _record(context: PreflightContext, arn: str, record: "ResourceRecordTypeDef") -> Found:
    """Whether public DNS has the record that ACM looks for."""
    says = f"{arn} is pending"
    if context.environment.emulated and not context.resolver:
        return WARNING, f"{says}; its record was {SKIPPED}"
    there = public(record["Name"], record["Type"], context.resolver)
    if record["Value"].rstrip(".").lower() in there:
        fix = aws(
            context.environment,
            "acm",
            "wait",
            "certificate-validated",
            "--certificate-arn",
            arn,
        )
        return WARNING, f"{says}; its record is there, and AWS will see it", fix
    content = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 300,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": content}]}
    fix = aws_global(
        *("route53", "change-resource-record-sets", "--hosted-zone-id", "ZONE_ID"),
        *("--change-batch", json.dumps(batch)),
    )
    return FAILED, f"{says}: public DNS has no {record['Type']} {record['Name']}", fix


def _of_name(context: PreflightContext, name: str) -> list[str]:
    """The ids of the public hosted zones of a name."""
    answer = context.environment.clients.route53.list_hosted_zones_by_name(DNSName=name)
    return [
        found["Id"].rpartition("/")[2]
        for found in answer["HostedZones"]
        if found["Name"].rstrip(".") == name and not found["Config"].get("PrivateZone")
    ]
