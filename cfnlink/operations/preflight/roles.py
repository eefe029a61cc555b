"""Roles that an account has once: those of services, and API Gateway's for logs."""

from collections.abc import Iterator

from cfnlink.aws.catalogue import types
from cfnlink.aws.resource_type import ServiceRole
from cfnlink.operations.aws_cli import aws_global
from cfnlink.operations.check import FAILED, OK, WARNING, Found
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.system.expressions import at
from cfnlink.system.resource import Body

ECS = "ecs.amazonaws.com"


def service_roles() -> dict[str, ServiceRole]:
    """Return the service-linked role that each type needs; that of ECS, which fails, first."""
    roles = {name: row.service_role for name, row in types().items() if row.service_role}
    return dict(sorted(roles.items(), key=lambda each: each[1].service != ECS))


def linked(context: PreflightContext) -> Iterator[Found]:
    """The service-linked roles of the services that the templates use.

    Each service makes its own with the first resource. ECS then assumes the role at once,
    before IAM knows it everywhere, and the first cluster of an account fails:
    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/818
    """
    iam = context.environment.clients.iam
    there = 0
    for kind, needed in service_roles().items():
        if not context.system.of(kind):
            continue
        role, service = needed.name, needed.service
        try:
            iam.get_role(RoleName=role)
            there += 1
        except iam.exceptions.NoSuchEntityException:
            fix = aws_global("iam", "create-service-linked-role", "--aws-service-name", service)
            if service == ECS:
                says = f"{role} is missing, and the first cluster fails while AWS makes it"
                yield FAILED, says, fix
            else:
                says = f"{role} is missing; AWS makes it with the first {kind}, if it may"
                yield WARNING, says, fix
    if there:
        yield OK, f"{there} are there"


def log_role(context: PreflightContext) -> Iterator[Found]:
    """The role with which API Gateway writes the logs of every API in the region.

    A stage that logs is refused without it, and setting it overwrites another project's:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    if not any(
        _logs(stage.properties) for stage in context.system.of("AWS::ApiGateway::Stage")
    ):
        return
    role = context.environment.clients.apigateway.get_account().get("cloudwatchRoleArn")
    making = next(iter(context.system.of("AWS::ApiGateway::Account")), None)
    if making and role and not context.is_deployed(making.stack):
        says = f"{role} is set, perhaps by another project; {making.stack} would overwrite it"
        words = 'set [account] api_gateway_log_role = "existing"'
        yield WARNING, says, context.environment.change_setting("project.toml", words)
    elif making or role:
        yield OK, role or f"{making.stack if making else ''} sets it"
    else:
        says = "neither the account nor a template has one, so AWS rejects a stage that logs"
        words = 'set [account] api_gateway_log_role = "create"'
        yield FAILED, says, context.environment.change_setting("project.toml", words)


def _logs(stage: Body) -> bool:
    levels = [at(each, "LoggingLevel") for each in stage.get("MethodSettings", [])]
    return bool(stage.get("AccessLogSetting") or {*levels} & {"ERROR", "INFO"})
