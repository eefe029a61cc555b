"""Why a certificate is not issued: what ACM and public DNS say."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.delegation import CERTIFICATE, of_stack, zone, zone_ids
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import one_line
from cfnlink.operations.service_faults import Fault
from cfnlink.operations.stacks import GOOD, resources
from cfnlink.system.resource import Resource


def certificate_faults(
    environment: Environment, stack: Stack, resolver: str | None
) -> list[Fault]:
    """Return why certificates of a stack are not issued; resolver: the DNS server to ask."""
    wanted = {each.logical_id: each for each in of_stack(environment, stack)}
    if not wanted:
        return []
    found: list[Fault] = []
    for there in resources(environment, stack.name):
        if there.logical_id in wanted and there.status not in GOOD and there.id:
            certificate = wanted[there.logical_id]
            try:
                found += _of_one(environment, certificate, there.id, resolver)
            except (*NO_ANSWER, ClientError) as error:
                text = f"not all is known: {one_line(error)}"
                found.append(Fault(there.logical_id, CERTIFICATE, text))
    return found


def _of_one(
    environment: Environment, certificate: Resource, arn: str, resolver: str | None
) -> Iterator[Fault]:
    """Yield the state of a certificate that is not issued, with that of its zones."""
    acm = environment.clients.acm.describe_certificate(CertificateArn=arn)["Certificate"]
    if acm.get("Status") == "ISSUED":
        return
    domain, status = acm.get("DomainName", arn), acm.get("Status", "not known")
    message = f"the certificate of {domain} is {status}"
    if acm.get("FailureReason"):
        message = f"{message}: {acm['FailureReason']}"
    name = certificate.logical_id
    for zone_id in zone_ids(environment, certificate):
        if environment.emulated and not resolver:
            continue
        found = zone(environment, zone_id, resolver)
        if not found.delegated:
            steps = tuple(found.fix().splitlines())
            text = f"{message}, and {found.says()}"
            yield Fault(name, CERTIFICATE, text, steps=steps)
            return
    yield Fault(name, CERTIFICATE, message)
