"""Common failures with AWS's own messages, the root that they have, and the right command."""

from dataclasses import dataclass
from typing import Any

from tests.operations.planted import ACCOUNT, Planted

REPOSITORY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/shop"
BREAKER = (
    "Resource handler returned message: \"Error occurred during operation 'ECS Deployment "
    "Circuit Breaker was triggered'.\" (RequestToken: 256edf08-7afc-0783-a02f-4fd6be3a7e60, "
    "HandlerErrorCode: GeneralServiceException)"
)
DEPLOY_ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-production-deploy-role-Role-1ABC/gh"


@dataclass(frozen=True)
class Failure:
    """A common failure. source: where users report AWS's message; empty for facts that are
    read. root: the name of its explanation. step: a part of the right next step."""

    title: str
    source: str
    planted: Planted
    root: str
    step: str

    @property
    def message(self) -> str:
        """Return AWS's words, for the table of the documentation."""
        plant = self.planted
        events = [
            each.get("HookStatusReason")
            or each.get("ValidationStatusReason")
            or each.get("ResourceStatusReason", "")
            for each in plant.failed
        ]
        tasks = [each.get("stoppedReason", "") for each in plant.tasks]
        health = [each.get("Description", "") for each in plant.health]
        found = [*plant.log, *tasks, *plant.events, *health, *events]
        alarms = [f"{each} is in ALARM" for each in sorted(plant.alarms)]
        certificate = plant.answers.get("DescribeCertificate", {}).get("Certificate", {})
        words = [*found, plant.reason, *alarms, certificate.get("Status", "")]
        return next(str(each) for each in words if each)


def failed(logical_id: str, kind: str, reason: str, **more: str) -> list[dict[str, Any]]:
    """Return the event of a resource that failed."""
    words = {"ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": reason}
    return [{"LogicalResourceId": logical_id, "ResourceType": kind, **words, **more}]


def circuit_breaker(**more: Any) -> Planted:
    """Return a service whose new tasks did not come up."""
    return Planted(failed=failed("Service", "AWS::ECS::Service", BREAKER), **more)


def task(why: str, code: str = "TaskFailedToStart", **container: Any) -> list[dict[str, Any]]:
    """Return a task that stopped."""
    containers = [{"name": "service", **container}] if container else []
    return [{"stoppedReason": why, "stopCode": code, "containers": containers}]


def certificate_in_wait(of: str, zone: str, zone_id: str) -> Planted:
    """A certificate that waits for its record in a zone."""
    about = {"Id": zone_id, "Name": f"{zone}.", "CallerReference": "1"}
    return Planted(
        tier="dns",
        status="CREATE_IN_PROGRESS",
        kind="CREATE_STACK",
        resources={"Certificate": "CREATE_IN_PROGRESS"},
        answers={
            "DescribeCertificate": {
                "Certificate": {"DomainName": of, "Status": "PENDING_VALIDATION"}
            },
            "GetHostedZone": {
                "HostedZone": about,
                "DelegationSet": {"NameServers": ["ns-1.awsdns-1.com"]},
            },
        },
    )


ISSUES = "https://github.com"
ECS_PAGES = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide"
EVENTS_PAGE = f"{ECS_PAGES}/service-event-messages-list.html"
FAILURES = (
    Failure(
        "image missing",
        f"{ISSUES}/aws/containers-roadmap/issues/2687",
        circuit_breaker(
            tasks=task(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
                f"failed to resolve ref {REPOSITORY}:8: {REPOSITORY}:8: not found"
            )
        ),
        "an image is missing",
        "preflight",
    ),
    Failure(
        "wrong CPU",
        f"{ISSUES}/aws/containers-roadmap/issues/1120",
        circuit_breaker(
            tasks=task(
                "CannotPullContainerError: failed to find a descriptor for platform "
                "{linux/arm64}"
            )
        ),
        "an image is made for another CPU",
        "cpu_architecture",
    ),
    Failure(
        "wrong CPU, seen by the program",
        f"{ISSUES}/aws/copilot-cli/issues/2640",
        circuit_breaker(
            tasks=task(
                "Essential container in task exited", "EssentialContainerExited", exitCode=255
            ),
            log=["exec /usr/local/bin/shop: exec format error"],
        ),
        "an image is made for another CPU",
        "cpu_architecture",
    ),
    Failure(
        "wrong port",
        EVENTS_PAGE,
        circuit_breaker(
            tasks=task(
                "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:"
                f"us-east-1:{ACCOUNT}:targetgroup/shop/1)",
                "ServiceSchedulerInitiated",
            ),
            health=[
                {
                    "State": "unhealthy",
                    "Reason": "Target.FailedHealthChecks",
                    "Description": "Health checks failed",
                }
            ],
        ),
        "the health check gets no answer",
        "[service] port",
    ),
    Failure(
        "wrong health path",
        EVENTS_PAGE,
        circuit_breaker(
            events=[
                (
                    "(service shop) (port 3000) is unhealthy in (target-group arn:aws:"
                    f"elasticloadbalancing:us-east-1:{ACCOUNT}:targetgroup/shop/1) due to "
                    "(reason Health checks failed with these codes: [404])"
                )
            ]
        ),
        "the health check's path answers with an error",
        "[service] health_path",
    ),
    Failure(
        "secret without right",
        f"{ISSUES}/docker-archive/compose-cli/issues/1510",
        circuit_breaker(
            tasks=task(
                "ResourceInitializationError: unable to pull secrets or registry auth: "
                "execution resource retrieval failed: unable to retrieve secret from asm: "
                "service call has been retried 1 time(s): failed to fetch secret "
                f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:stripe from secrets "
                "manager: AccessDeniedException: User: "
                f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-production-service-ExecutionRole/1 "
                "is not authorized to perform: secretsmanager:GetSecretValue on resource: "
                f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:stripe because no "
                "identity-based policy allows the secretsmanager:GetSecretValue action"
            )
        ),
        "a permission is denied",
        "lint",
    ),
    Failure(
        "no route",
        f"{ISSUES}/aws-samples/aws-fargate-pipeline-lambda-autoscaling/issues/3",
        circuit_breaker(
            tasks=task(
                "ResourceInitializationError: unable to pull secrets or registry auth: "
                "execution resource retrieval failed: unable to retrieve ecr registry auth: "
                "service call has been retried 1 time(s): RequestError: send request failed "
                'caused by: Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp: i/o '
                "timeout"
            )
        ),
        "no route to a service of AWS",
        "[network] egress",
    ),
    Failure(
        "quota",
        f"{ISSUES}/awslabs/landing-zone-accelerator-on-aws/issues/241",
        Planted(
            tier="network",
            failed=failed(
                "Vpc",
                "AWS::EC2::VPC",
                'Resource handler returned message: "The maximum number of VPCs has been '
                'reached. (Service: Ec2, Status Code: 400, Request ID: 5ce9e2b3)" '
                "(RequestToken: 79d65bb7, HandlerErrorCode: GeneralServiceException)",
            ),
        ),
        "a quota is reached",
        "preflight",
    ),
    Failure(
        "zone undelegated",
        "",
        certificate_in_wait(of="api.shop.example", zone="shop.example", zone_id="Z1"),
        "a certificate waits for its zone",
        "set the name servers at the registrar of shop.example",
    ),
    Failure(
        "certificate pending",
        "",
        certificate_in_wait(of="api.delegated.example", zone="delegated.example", zone_id="Z2"),
        "a certificate waits for ACM",
        "status",
    ),
    Failure(
        "name taken",
        f"{ISSUES}/aws-solutions/amazon-marketing-cloud-uploader-from-aws/issues/167",
        Planted(
            tier="database",
            failed=failed(
                "LogGroup",
                "AWS::Logs::LogGroup",
                "Resource handler returned message: \"Resource of type 'AWS::Logs::LogGroup' "
                'with identifier \'{"/properties/LogGroupName":"/aws/rds/instance/shop"}\' '
                'already exists." (RequestToken: 258db5a1, HandlerErrorCode: AlreadyExists)',
            ),
        ),
        "a name is taken",
        "preflight",
    ),
    Failure(
        "role missing",
        f"{ISSUES}/aws-cloudformation/cloudformation-coverage-roadmap/issues/818",
        Planted(
            failed=failed(
                "Cluster",
                "AWS::ECS::Cluster",
                'Resource handler returned message: "Invalid request provided: CreateCluster '
                "Invalid Request: Unable to assume the service linked role. Please verify that "
                'the ECS service linked role exists."',
            )
        ),
        "the service-linked role is missing",
        "iam create-service-linked-role",
    ),
    Failure(
        "alarm in the way",
        "",
        Planted(alarms=frozenset({"ServerErrors"})),
        "an alarm takes the change back",
        "status",
    ),
    Failure(
        "export in use",
        f"{ISSUES}/aws/aws-cdk/issues/604",
        Planted(
            tier="network",
            status="UPDATE_COMPLETE",
            kind="DELETE_STACK",
            reason=(
                "Export shop-production-network-Vpc cannot be deleted as it is in use by "
                "shop-production-service and shop-production-database"
            ),
        ),
        "an export is in use",
        "list-imports --export-name shop-production-network-Vpc",
    ),
    Failure(
        "stack stuck",
        f"{ISSUES}/aws/copilot-cli/issues/5296",
        Planted(
            status="UPDATE_ROLLBACK_FAILED",
            failed=failed("Service", "AWS::ECS::Service", BREAKER, OperationId="r"),
        ),
        "the tasks do not become healthy",
        "continue-update-rollback",
    ),
    Failure(
        "task out of memory",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html",
        circuit_breaker(
            tasks=task(
                "Essential container in task exited",
                "EssentialContainerExited",
                exitCode=137,
                reason="OutOfMemoryError: Container killed due to memory usage",
            )
        ),
        "the memory of a task is used up",
        "[service] memory_mib",
    ),
    Failure(
        "application crashes at start",
        f"{ISSUES}/aws/copilot-cli/issues/2874",
        circuit_breaker(
            tasks=task(
                "Essential container in task exited", "EssentialContainerExited", exitCode=1
            ),
            log=["thread 'main' panicked: DATABASE_URL: password=hunter2 is not a URL"],
        ),
        "the program ends by itself",
        "logs",
    ),
    Failure(
        "database parameter refused",
        f"{ISSUES}/aws-samples/aws-cdk-examples/issues/825",
        Planted(
            tier="database",
            failed=failed(
                "ParameterGroup",
                "AWS::RDS::DBParameterGroup",
                'Resource handler returned message: "Invalid / Unmodifiable / Unsupported DB '
                'Parameter: open_cursors" (RequestToken: 7ab6eb2a, HandlerErrorCode: '
                "InvalidRequest)",
            ),
        ),
        "a database parameter is refused",
        "open_cursors",
    ),
    Failure(
        "subnet without addresses",
        f"{ISSUES}/aws/karpenter-provider-aws/issues/3380",
        circuit_breaker(
            tasks=task(
                "InsufficientFreeAddressesInSubnet: There are not enough free addresses in "
                "subnet 'subnet-0783288fba3453a60' to satisfy the requested number of "
                "instances."
            )
        ),
        "a subnet has no address left",
        "describe-subnets",
    ),
    Failure(
        "permission denied of the deploy role",
        f"{ISSUES}/aws-samples/aws-hpc-tutorials/issues/271",
        Planted(
            failed=failed(
                "Service",
                "AWS::ECS::Service",
                f'Resource handler returned message: "User: {DEPLOY_ROLE} is not authorized to '
                "perform: ecs:CreateService on resource: arn:aws:ecs:us-east-1:"
                f"{ACCOUNT}:service/c/shop-production-service-Service-1 because no "
                'identity-based policy allows the ecs:CreateService action"',
            )
        ),
        "a permission is denied",
        "deploy-role",
    ),
    Failure(
        "hook refused",
        f"{ISSUES}/aws/aws-cdk-cli/issues/1000",
        Planted(
            tier="database",
            failed=[
                {
                    "LogicalResourceId": "Instance",
                    "ResourceType": "AWS::RDS::DBInstance",
                    "EventType": "HOOK_INVOCATION_ERROR",
                    "HookType": "Acme::Encryption::Required",
                    "HookStatus": "HOOK_COMPLETE_FAILED",
                    "HookStatusReason": "the instance has no key of the company",
                    "HookFailureMode": "FAIL",
                    "HookInvocationPoint": "PRE_PROVISION",
                },
                *failed(
                    "Instance",
                    "AWS::RDS::DBInstance",
                    "The following hook(s) failed: [Acme::Encryption::Required]",
                ),
            ],
        ),
        "a hook refuses the resource",
        "as the hook asks",
    ),
    Failure(
        "early validation",
        f"{ISSUES}/aws-cloudformation/rain/pull/744",
        Planted(
            tier="database",
            failed=[
                {
                    "LogicalResourceId": "LogGroup",
                    "ResourceType": "AWS::Logs::LogGroup",
                    "EventType": "VALIDATION_ERROR",
                    "ValidationName": "NAME_CONFLICT_VALIDATION",
                    "ValidationFailureMode": "FAIL",
                    "ValidationStatus": "FAILED",
                    "ValidationPath": "/Resources/LogGroup/Properties/LogGroupName",
                    "ValidationStatusReason": (
                        "Resource of type 'AWS::Logs::LogGroup' with identifier "
                        "'/aws/rds/instance/shop' already exists."
                    ),
                }
            ],
        ),
        "a name is taken",
        "preflight",
    ),
)
