"""The clients of AWS's services, with the types that boto3-stubs gives them."""

import os
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Any

from cfnlink.operations.errors import CommandError, Exit

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_ce import CostExplorerClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

# The first words of operations that change nothing.
READING = ("BatchGet", "Describe", "Detect", "Filter", "Get", "List", "Simulate", "Validate")
RETRIES = 8  # of a call that is throttled or dropped; AWS_MAX_ATTEMPTS says another number


class Clients:
    """The clients of a session: `clients.rds`. Each is created when it is first used."""

    acm: "ACMClient"
    apigateway: "APIGatewayClient"
    apigatewayv2: "ApiGatewayV2Client"
    application_autoscaling: "ApplicationAutoScalingClient"
    ce: "CostExplorerClient"
    cloudformation: "CloudFormationClient"
    cloudwatch: "CloudWatchClient"
    ec2: "EC2Client"
    ecr: "ECRClient"
    ecs: "ECSClient"
    iam: "IAMClient"
    logs: "CloudWatchLogsClient"
    rds: "RDSClient"
    route53: "Route53Client"
    secretsmanager: "SecretsManagerClient"
    service_quotas: "ServiceQuotasClient"
    sns: "SNSClient"
    elbv2: Any  # few calls need no stubs
    sqs: Any
    ssm: "SSMClient"
    stepfunctions: Any  # few calls need no stubs
    sts: "STSClient"

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.changes: list[str] = []
        """What AWS was asked to change, the lease aside, which a command gives back."""
        self._lock = Lock()  # a session creates clients for one thread at a time

    def __getattr__(self, name: str) -> "BaseClient":
        """Create the client of a service. Raises CommandError for settings that are wrong."""
        if name not in Clients.__annotations__:
            raise AttributeError(name)
        with self._lock:
            if name not in vars(self):
                vars(self)[name] = self._create(name.replace("_", "-"))
            client: BaseClient = vars(self)[name]
        return client

    def _create(self, service: str) -> "BaseClient":
        from botocore.config import Config  # noqa: PLC0415 (half a second; --help needs none)

        try:
            attempts = int(os.environ.get("AWS_MAX_ATTEMPTS", RETRIES))
            config = Config(
                retries={"mode": "standard", "total_max_attempts": attempts},
                connect_timeout=10,
                read_timeout=60,
            )
            client: BaseClient = self._session.client(service, config=config)  # type: ignore[call-overload]
        except ValueError as error:  # such as an endpoint without http://
            message = f"AWS's settings here cannot be used: {error}"
            step = "env | grep AWS_ENDPOINT_URL\\|AWS_MAX_ATTEMPTS shows what is set"
            raise CommandError(Exit.UNUSABLE, message, step) from None
        if service != "ssm":
            client.meta.events.register("before-call", self._note)
        return client

    def _note(self, model: "OperationModel", **_: Any) -> None:
        if not model.name.startswith(READING):
            self.changes.append(model.name)


def unpaginated(
    call: Callable[..., Any], key: str, next_key: str = "NextToken", **asked: Any
) -> Iterator[Any]:
    """Yield the entries of a list call for which boto3 has no paginator, page after page.

    next_key: the name of the key that leads to the next page.
    """
    while True:
        page = call(**asked)
        yield from page[key]
        if not page.get(next_key):
            return
        asked[next_key] = page[next_key]
