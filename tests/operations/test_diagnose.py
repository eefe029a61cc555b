"""`diagnose` names the root of common failures and the right command.

The failures are planted with messages of AWS that users report; docs/failures.md lists them.
"""

import json
import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cfnlink.lint.position import locate
from cfnlink.operations.causes import last_causes
from cfnlink.operations.commands import diagnose
from cfnlink.operations.denials import denial_of, explain_denial
from cfnlink.operations.errors import Exit
from cfnlink.operations.explanations import known_failures
from cfnlink.operations.failure import failure
from cfnlink.operations.redaction import redacted
from cfnlink.operations.refused_change_set import refusal
from tests.helpers import ROOT
from tests.operations.failures import BREAKER, DEPLOY_ROLE, FAILURES, Failure, failed
from tests.operations.helpers import PRODUCTION
from tests.operations.planted import ACCOUNT, WHEN, Planted, arn, planted
from tests.operations.stubs import dns_server, event, said, stubbed

PAGE = ROOT / "docs" / "failures.md"
LEAST = 19
SHOWN = 110
HEAD = "| failure | AWS says | it is | next |"
DELEGATED = {("delegated.example", "NS"): ["ns-1.awsdns-1.com."]}


def diagnosed(
    plant: Planted, folder: Path = PRODUCTION, resolver: str | None = None
) -> tuple[Exit, dict[str, object], list[str]]:
    """Return how `diagnose` ends: its code, its result and what it said."""
    with planted(folder, plant, resolver=resolver) as environment:
        code = diagnose.run(environment, SimpleNamespace(resolver=resolver))
        return code, dict(environment.report._content), said(environment)


@cache
def outcomes() -> list[tuple[Failure, Exit, dict[str, object], str]]:
    """Return what `diagnose` says of every failure."""
    with dns_server(DELEGATED) as resolver:
        return [(case, *first(case, resolver)) for case in FAILURES]


def first(case: Failure, resolver: str) -> tuple[Exit, dict[str, object], str]:
    """Return the code of `diagnose`, what it names first of a failure, and the next step."""
    code, result, _ = diagnosed(case.planted, resolver=resolver)
    stacks = result["stacks"]
    assert isinstance(stacks, list)
    return code, stacks[0]["findings"][0], str(result["next"])


def page() -> str:
    """Return docs/failures.md: what `diagnose` names of each planted failure."""
    lines = [PAGE.read_text("utf-8").partition(HEAD)[0] + HEAD, "| --- | --- | --- | --- |"]
    for case, _, found, steps in outcomes():
        source = f" ([source]({case.source}))" if case.source else ""
        cells = (
            f"{case.title}{source}",
            f"`{_short(redacted(case.message))}`",
            str(found["means"]),
            f"`{_plain(_right(steps, case.step))}`",
        )
        lines.append(f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |")
    return "\n".join(lines) + "\n"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip()} ..."


def _right(steps: str, part: str) -> str:
    """Return the step that is expected, else the first one."""
    lines = steps.splitlines()
    return next((line for line in lines if part in line), lines[0])


def _plain(step: str) -> str:
    """Return a step without what differs from machine to machine."""
    step = re.sub(r" --resolver \S+", "", re.sub(r"\S*cfnlink ", "cfnlink ", step))
    return step.replace(str(PRODUCTION), "output/production").replace(
        f"{PRODUCTION.parents[1]}/", ""
    )


def test_the_root_and_the_command_of_common_failures_are_named() -> None:
    wrong = [
        case.title
        for case, code, finding, steps in outcomes()
        if code != Exit.FAILED or finding["failure"] != case.root or case.step not in steps
    ]
    assert len(FAILURES) - len(wrong) >= LEAST
    assert wrong == []


def test_the_page_of_failures_is_what_diagnose_says() -> None:
    """`python -m tests.operations.test_diagnose` writes it again."""
    assert PAGE.read_text("utf-8") == page()


def test_no_secret_of_a_log_is_printed() -> None:
    crash = next(case for case in FAILURES if case.title == "application crashes at start")

    _, _, lines = diagnosed(crash.planted)

    assert any("log: thread 'main' panicked" in line for line in lines)
    assert "hunter2" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("line", "root"),
    [
        ('relation "orders" already exists', "the program ends by itself"),
        (
            'FATAL: password authentication failed for user "service_a"',
            "the database refuses the login",
        ),
        (
            "could not translate host name 'x' to address",
            "the database is not reached",
        ),
        (
            f"User: {DEPLOY_ROLE} is not authorized to perform: s3:GetObject",
            "a permission is denied",
        ),
    ],
)
def test_the_log_of_a_program_explains_only_what_programs_say(line: str, root: str) -> None:
    crash = next(case for case in FAILURES if case.title == "application crashes at start")

    _, result, _ = diagnosed(replace(crash.planted, log=[line]))

    stacks = result["stacks"]
    assert isinstance(stacks, list)
    assert stacks[0]["findings"][0]["failure"] == root


def test_a_command_that_fails_explains_as_diagnose_does() -> None:
    case = FAILURES[0]
    with planted(PRODUCTION, case.planted, "deploy", tag="8") as environment:
        stack = environment.stack("shop-production-service")
        stop = failure(environment, stack, arn(stack.name), case.planted.status)

    assert "the registry has no image" in stop.message
    assert "templates/service.py:" in stop.message
    preflight, push, again = stop.next_command.splitlines()
    assert " preflight " in preflight
    assert push.startswith("push the image ")
    assert again.startswith("when the cause is repaired: ")
    assert again.endswith("--image-tag 8")


REFUSED = {
    "StatusReason": (
        "The following hook(s)/validation failed: "
        "[AWS::EarlyValidation::ResourceExistenceCheck]"
    ),
    "ChangeSetId": "arn:aws:cloudformation:us-east-1:1:changeSet/c/1",
}


def test_a_refused_change_set_is_explained_with_the_line_of_the_property() -> None:
    (found,) = next(
        case for case in FAILURES if case.title == "early validation"
    ).planted.failed
    events = {"OperationEvents": [{"EventId": "1", "StackId": "a/shop/1", **found}]}
    with planted(
        PRODUCTION, Planted(answers={"DescribeEvents": events}), "plan"
    ) as environment:
        stack = environment.stack("shop-production-database")
        stop = refusal(environment, stack, cast("Any", REFUSED))

    of_resource, of_property = (
        locate(cast("Path", stack.source), path)
        for path in (("Resources", "LogGroup"), ("Resources", "LogGroup", "LogGroupName"))
    )
    assert of_resource != of_property
    assert of_property
    assert f"written in {of_property.file}:{of_property.line}" in stop.message
    assert "something at AWS has this name already: /aws/rds/instance/shop" in stop.message
    assert " preflight " in stop.next_command.splitlines()[0]


def test_a_hook_that_refuses_a_change_set_is_named() -> None:
    """Such a hook leaves no event: AWS lists its result."""
    result = {
        "TypeName": "Acme::Tags::Required",
        "FailureMode": "FAIL",
        "Status": "HOOK_COMPLETE_FAILED",
        "HookStatusReason": "the tag cost-center is missing",
    }
    quiet = {**result, "TypeName": "Acme::Other", "FailureMode": "WARN"}
    answers: dict[str, dict[str, Any]] = {
        "DescribeEvents": {"OperationEvents": []},
        "ListHookResults": {"HookResults": [quiet, result]},
    }
    with planted(PRODUCTION, Planted(answers=answers), "plan") as environment:
        stop = refusal(environment, environment.stacks[1], cast("Any", REFUSED))

    assert "the hook Acme::Tags::Required refused it: the tag cost-center" in stop.message
    assert "Acme::Other" not in stop.message
    assert "as the hook asks" in stop.next_command


def test_what_a_validation_found_is_told_as_unknown_where_aws_denies_it() -> None:
    denied_read = Planted(errors={"DescribeEvents": "not authorized"})
    with planted(PRODUCTION, denied_read, "plan") as environment:
        stop = refusal(environment, environment.stacks[1], cast("Any", REFUSED))

    assert "what AWS's validation found is not known" in stop.message
    assert " lint " in stop.next_command


def test_an_environment_without_a_failure_is_told_and_ends_well() -> None:
    code, result, lines = diagnosed(Planted(status="UPDATE_COMPLETE"))
    busy, _, _ = diagnosed(Planted(status="UPDATE_IN_PROGRESS"))

    assert (code, busy) == (Exit.DONE, Exit.BUSY)
    assert result["stacks"] == []
    assert lines[0].startswith("Nothing has failed: ")
    assert " status " in str(result["next"])


def test_a_task_that_a_deployment_or_a_scaling_ended_is_no_failure() -> None:
    ended = {
        "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)",
        "stopCode": "ServiceSchedulerInitiated",
        "containers": [{"name": "service", "exitCode": 143}],
    }
    steady = ["(service shop) has reached a steady state.", "(service shop) failed to launch"]

    code, _, _ = diagnosed(Planted(status="UPDATE_COMPLETE", tasks=[ended], events=steady))

    assert code == Exit.DONE


@pytest.mark.parametrize(
    ("status", "minutes", "is_cause"),
    [
        ("UPDATE_COMPLETE", -1, False),
        ("UPDATE_COMPLETE", 1, True),
        ("UPDATE_ROLLBACK_COMPLETE", -1, False),
        ("UPDATE_ROLLBACK_COMPLETE", 1, True),
    ],
)
def test_a_task_of_an_earlier_deployment_is_no_cause(
    status: str, minutes: int, is_cause: bool
) -> None:
    """The newest deployment and the failed operation began at one moment."""
    made = {"serviceDeploymentArn": "d", "createdAt": WHEN, "status": "SUCCESSFUL"}
    answers = {
        name: {"serviceDeployments": [made]}
        for name in ("ListServiceDeployments", "DescribeServiceDeployments")
    }
    reason = "unable to retrieve secret STRIPE"
    task = {"stoppedReason": reason, "createdAt": WHEN + timedelta(minutes=minutes)}
    plant = Planted(status=status, tasks=[task], answers=answers)

    _, _, lines = diagnosed(plant)

    assert any(reason in line for line in lines) == is_cause


def test_the_cause_within_a_stack_of_the_stack_is_told() -> None:
    """Replayed: the parent's event says only that the stack within was not made."""
    kind = {"ResourceType": "AWS::CloudFormation::Stack", "PhysicalResourceId": "inner"}
    of_parent = event("Network", "CREATE_FAILED", "Embedded stack was not created", **kind)
    of_inner = {**event("Vpc", "CREATE_FAILED", "no VPC is left"), "StackId": "inner"}
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        for name, found in (("arn", of_parent), ("inner", of_inner)):
            described = {
                "StackName": name,
                "StackId": name,
                "StackStatus": "ROLLBACK_COMPLETE",
                "CreationTime": "2026-11-27T00:00:00Z",
                "LastOperations": [{"OperationType": "CREATE_STACK", "OperationId": "o"}],
            }
            formation = stubs["cloudformation"]
            formation.add_response("describe_stacks", {"Stacks": [described]})
            formation.add_response("describe_events", {"OperationEvents": [found]})
        causes = last_causes(environment, "arn")

    assert [(each.logical_id, each.message) for each in causes] == [("Vpc", "no VPC is left")]


def test_a_one_off_task_that_ended_well_is_no_failure() -> None:
    ended = {
        "stoppedReason": "Essential container in task exited",
        "stopCode": "EssentialContainerExited",
        "group": "family:psql",
        "containers": [{"name": "psql", "exitCode": 0}],
    }
    failed_one = {**ended, "containers": [{"name": "psql", "exitCode": 3}]}

    well, _, _ = diagnosed(Planted(status="UPDATE_COMPLETE", tasks=[ended]))
    failed_too, _, _ = diagnosed(Planted(status="UPDATE_COMPLETE", tasks=[failed_one]))

    assert (well, failed_too) == (Exit.DONE, Exit.FAILED)


def test_what_aws_does_not_tell_the_caller_is_said() -> None:
    denied = "User: arn:aws:iam::1:user/me is not authorized to perform: ecs:DescribeServices"
    plant = Planted(
        failed=failed("Service", "AWS::ECS::Service", BREAKER),
        errors={"DescribeServices": denied},
    )

    _, _, lines = diagnosed(plant)

    assert any("ECS was not asked: " in line for line in lines)
    assert any("user/me may not ecs:DescribeServices" in line for line in lines)


def denied(action: str, resource: str, role: str = DEPLOY_ROLE, why: str = "") -> str:
    """Return what AWS says of a denied call."""
    return f"User: {role} is not authorized to perform: {action} on resource: {resource}{why}"


ROLE = "arn:aws:sts::1:assumed-role/r/s"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            denied("a:B", "arn:x", ROLE, " with an explicit deny in a service control policy"),
            "r may not a:B on arn:x, with an explicit deny in a service control policy",
        ),
        (
            denied("a:B", "role x", ROLE, " because no identity-based policy allows the a:B"),
            "r may not a:B on role x, because no identity-based policy allows it",
        ),
        (
            (
                "User: arn:aws:iam::1:user/me is not authorized to perform: "
                "rds:CreateDBInstance because no permissions boundary allows the "
                "rds:CreateDBInstance action"
            ),
            (
                "arn:aws:iam::1:user/me may not rds:CreateDBInstance, because no permissions "
                "boundary allows it"
            ),
        ),
        (
            "API: ec2:DescribeVpcs You are not authorized to perform this operation.",
            "the caller may not ec2:DescribeVpcs",
        ),
    ],
)
def test_a_denied_permission_is_read_from_each_of_awss_forms(message: str, words: str) -> None:
    denial = denial_of(message)

    assert denial
    assert denial.words() == words


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (
            denied("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*"),
            "no statement of the deploy role has it",
        ),
        (
            denied("iam:DeleteServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/x"),
            (
                "no statement of the deploy role has it, since a service-linked role belongs "
                "to the account"
            ),
        ),
        (
            denied("ecs:UpdateService", f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/c/other"),
            "the deploy role has it in the statement of ecs:UpdateService",
        ),
    ],
)
def test_a_denial_is_compared_with_the_statements_of_the_deploy_role(
    message: str, says: str
) -> None:
    with planted(PRODUCTION, Planted()) as environment:
        found = explain_denial(environment, message)

    assert found
    assert says in found.says
    assert "administrator" in found.steps[0]


def test_an_encoded_denial_is_decoded_or_the_command_for_it_is_given() -> None:
    message = (
        "You are not authorized to perform this operation. Encoded authorization failure "
        "message: KzCTdjlfnw3kFnfFPzPDmpF530"
    )
    context = {"action": "ec2:CreateNatGateway", "principal": {"arn": DEPLOY_ROLE}}
    told = {"DecodedMessage": json.dumps({"allowed": False, "context": context})}
    may = Planted(answers={"DecodeAuthorizationMessage": told})
    may_not = Planted(errors={"DecodeAuthorizationMessage": "not authorized"})

    with planted(PRODUCTION, may) as environment:
        decoded = explain_denial(environment, message)
    with planted(PRODUCTION, may_not) as environment:
        encoded = explain_denial(environment, message)

    assert decoded
    assert "may not ec2:CreateNatGateway" in decoded.says
    assert encoded
    assert "decode-authorization-message --encoded-message KzCTdj" in encoded.steps[0]


def test_every_known_failure_has_a_page_and_a_pattern() -> None:
    names = [row.name for row in known_failures()]

    assert len(names) == len({*names})
    for row in known_failures():
        assert row.page.startswith("https://")
        assert all(re.compile(pattern) for pattern in row.messages)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
