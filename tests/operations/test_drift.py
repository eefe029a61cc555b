"""`deploy --revert-drift` undoes what was changed outside CloudFormation, and says it first."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cfnlink.aws import catalogue
from cfnlink.operations.change_set import ChangeSet
from cfnlink.operations.drift import drifts_of, notes
from tests.operations.helpers import PRODUCTION, Done, failing, run, statuses, topic, write
from tests.operations.test_traffic import built, of
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
STACK, GROUP = "tiny-test-one", "/tiny/one"
LOGS: dict[str, Any] = {
    "Type": "AWS::Logs::LogGroup",
    "Properties": {"LogGroupName": GROUP, "RetentionInDays": 30},
}


def days(cloud: Cloud) -> int:
    (found,) = cloud.client("logs").describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    return int(found["retentionInDays"])


def mode(cloud: Cloud) -> str:
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return str(found.get("DeploymentConfig", {}).get("Mode", ""))


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Path:
    """Return the folder of a deployed stack; its log group keeps its lines 7 days, not 30."""
    write(tmp_path, one={"Topic": topic(), "Logs": LOGS})
    assert run(cloud, "deploy", tmp_path).code == 0
    cloud.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    return tmp_path


def reverted(cloud: Cloud, folder: Path, *options: str) -> Done:
    return run(cloud, "deploy", folder, "--revert-drift", *options)


@pytest.mark.long
def test_only_the_option_undoes_a_change_outside_cloudformation_and_plan_says_it(
    cloud: Cloud, folder: Path
) -> None:
    said = "changed outside CloudFormation, goes back: /RetentionInDays (from 7 to 30)"
    planned = run(cloud, "plan", folder, "--revert-drift")
    ordinary = run(cloud, "deploy", folder)

    assert (planned.code, ordinary.code, days(cloud)) == (0, 0, 7)
    assert said in planned.out
    assert f"next: cfnlink deploy {folder} --revert-drift" in planned.out
    assert f"{STACK}: no changes" in ordinary.out

    done = reverted(cloud, folder)

    assert (done.code, days(cloud)) == (0, 30)
    assert done.out.index(said) < done.out.index("Logs UPDATE_COMPLETE")
    assert f"{STACK}: no changes" in reverted(cloud, folder).out


@pytest.mark.long
def test_what_was_deleted_comes_back_and_with_data_only_if_it_is_named(
    cloud: Cloud, folder: Path
) -> None:
    sns = cloud.client("sns")
    (found,) = sns.list_topics()["Topics"]
    sns.delete_topic(TopicArn=found["TopicArn"])
    cloud.client("logs").delete_log_group(logGroupName=GROUP)

    refused = reverted(cloud, folder)
    assert refused.code == 3
    assert "Logs would be created again (AWS::Logs::LogGroup), without" in refused.err
    assert sns.list_topics()["Topics"] == []

    done = reverted(cloud, folder, "--allow-replacement", "Logs")

    assert (done.code, days(cloud)) == (0, 30), done.err
    assert len(sns.list_topics()["Topics"]) == 1
    assert "created again: Topic" in done.out


@pytest.mark.long
def test_a_stack_keeps_its_drift_where_aws_would_undo_what_another_service_sets(
    cloud: Cloud, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS undoes the drift of a stack as a whole."""
    row = catalogue.resource_type("AWS::Logs::LogGroup")
    owned = replace(row, drifts={"/RetentionInDays": "a service sets it"})
    rows = {**catalogue.types(), owned.type: owned}
    monkeypatch.setattr(
        "cfnlink.operations.drift.resource_type", lambda name: rows.get(name, row)
    )
    cloud.client("sns").delete_topic(
        TopicArn=cloud.client("sns").list_topics()["Topics"][0]["TopicArn"]
    )

    tokens: list[str] = []
    create = ChangeSet.create

    def note_and_create(environment: Any, stack: Any, asked: Any) -> ChangeSet | None:
        tokens.append(asked["ClientToken"])
        return create(environment, stack, asked)

    monkeypatch.setattr(ChangeSet, "create", note_and_create)
    done = reverted(cloud, folder)

    assert len({*tokens}) == len(tokens) > 2
    assert (done.code, days(cloud)) == (1, 7)
    assert "left as it is: Logs /RetentionInDays (a service sets it)" in done.out
    assert f"{STACK}: Topic is deleted: it stays as it was changed" in done.err
    assert f"cfnlink status {folder} --drift" in done.err


def test_weights_that_ecs_moves_never_go_back_and_json_that_aws_rewrites_is_no_drift() -> None:
    def change(kind: str, path: str, actual: str, before: str) -> Any:
        drift = {"ActualValue": actual, "PreviousValue": before}
        target = {"Path": f"/Properties{path}", "AfterValue": before, "Drift": drift}
        return {"ResourceType": kind, "Details": [{"Target": target}]}

    rule = "AWS::ElasticLoadBalancingV2::ListenerRule"
    weight = "/Actions/0/ForwardConfig/TargetGroups/0/Weight"
    exact = [*drifts_of(change(rule, weight, "0", "100"))]
    whole = [*drifts_of(change(rule, "/Actions", "[1]", "[2]"))]
    text = "/LifecyclePolicy/LifecyclePolicyText"
    policy = change("AWS::ECR::Repository", text, '{"a": 1}', '{"a":1}')
    ignored = {"Path": "/Properties/DesiredCount", "Reason": "MANAGED_BY_AWS"}
    scaled: Any = {
        "ResourceType": "AWS::ECS::Service",
        "ResourceDriftIgnoredAttributes": [ignored],
    }

    assert [each.owner for each in (*exact, *whole)] == ["ECS moves the requests"] * 2
    assert [*notes(exact)] == [f"must not go back: {weight} (ECS moves the requests)"]
    assert [*drifts_of(policy)] == []
    assert [*notes([*drifts_of(scaled)])] == ["not compared: /DesiredCount (AWS manages it)"]


def test_a_value_that_could_be_secret_is_not_told() -> None:
    drift = {"ActualValue": "hunter2", "PreviousValue": "hunter1"}
    target = {"Name": "Value", "AfterValue": "hunter1", "Drift": drift}
    found: Any = {"ResourceType": "AWS::SSM::Parameter", "Details": [{"Target": target}]}

    assert [each.words() for each in drifts_of(found)] == ["/Value"]


@pytest.mark.long
def test_express_mode_is_for_updates_alone_and_keeps_the_rollback(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})
    first = run(cloud, "deploy", tmp_path, "--express")
    assert (first.code, mode(cloud)) == (0, "")
    assert "test is up" in first.out

    write(tmp_path, one={"Topic": topic(), "Other": topic()})
    done = run(cloud, "deploy", tmp_path, "--express")

    assert (done.code, mode(cloud)) == (0, "EXPRESS")
    assert "test is configured; AWS may still start what changed" in done.out
    assert f"next: cfnlink status {tmp_path}" in done.out

    write(tmp_path, one={"Topic": topic(), "Bad": failing()})
    assert run(cloud, "deploy", tmp_path, "--express").code == 1
    assert statuses(cloud) == {STACK: "UPDATE_ROLLBACK_COMPLETE"}

    write(tmp_path, one={"Topic": topic()})
    assert run(cloud, "deploy", tmp_path).code == 0
    assert mode(cloud) == "STANDARD"


@pytest.mark.long
def test_express_mode_is_refused_where_something_of_value_is(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Logs": {**LOGS, "DeletionPolicy": "Retain"}})

    protected = run(cloud, "deploy", PRODUCTION, "--express", "--image-tag", "1")
    kept = run(cloud, "deploy", tmp_path, "--express")
    both = run(cloud, "deploy", tmp_path, "--express", "--revert-drift")

    assert (protected.code, kept.code, both.code) == (2, 2, 2)
    assert "shop-production-database protects Instance" in protected.err
    assert "MasterSecret" not in protected.err
    assert f"{STACK} keeps Logs when it goes" in kept.err
    assert "expected one of them" in both.err
    assert statuses(cloud) == {}


def scaled(*others: str) -> dict[str, Any]:
    """Return a service of two tasks, and which of the others it has beside it."""
    container = {"Name": "app", "Image": "public.ecr.aws/example/app:1"}
    task = {
        "Family": "tiny",
        "NetworkMode": "awsvpc",
        "RequiresCompatibilities": ["FARGATE"],
        "Cpu": "256",
        "Memory": "512",
        "ContainerDefinitions": [container],
    }
    service = {
        "Cluster": {"Ref": "Cluster"},
        "TaskDefinition": {"Ref": "Task"},
        "DesiredCount": 2,
        "ServiceName": "tiny",
    }
    target = {
        "MinCapacity": 1,
        "MaxCapacity": 9,
        "ResourceId": {"Fn::Sub": "service/${Cluster}/${Service.Name}"},
        "ScalableDimension": "ecs:service:DesiredCount",
        "ServiceNamespace": "ecs",
    }
    every = {
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
        "Service": {"Type": "AWS::ECS::Service", "Properties": service},
        "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target},
    }
    return {name: every[name] for name in ("Cluster", "Task", "Service", *others)}


@pytest.mark.long
@pytest.mark.parametrize(
    ("others", "said"),
    [
        ((), "left as it is: Service /DesiredCount (auto scaling sets it)"),
        (("Target",), "no changes"),  # AWS itself leaves it alone
    ],
)
def test_the_number_of_tasks_never_goes_back(
    cloud: Cloud, tmp_path: Path, others: tuple[str, ...], said: str
) -> None:
    write(tmp_path, one=scaled(*others))
    assert run(cloud, "deploy", tmp_path).code == 0
    ecs = cloud.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    ecs.update_service(cluster=cluster, service="tiny", desiredCount=5)

    done = reverted(cloud, tmp_path)

    (found,) = ecs.describe_services(cluster=cluster, services=["tiny"])["services"]
    assert (done.code, found["desiredCount"]) == (0, 5), done.err
    assert f"{STACK}: {said}" in done.out


@pytest.mark.long
def test_the_weights_that_ecs_moves_stay_and_an_untouched_environment_has_no_drift(
    cloud: Cloud, tmp_path: Path
) -> None:
    folder = built(tmp_path, deployment="canary")
    assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
    untouched = reverted(cloud, folder)
    balancing, rule = cloud.client("elbv2"), of(cloud, "ProductionRule")
    second = {"Type": "forward", "TargetGroupArn": of(cloud, "AlternateTargetGroup")}
    balancing.modify_rule(RuleArn=rule, Actions=[second])

    done = reverted(cloud, folder)

    (found,) = balancing.describe_rules(RuleArns=[rule])["Rules"]
    assert (untouched.code, done.code) == (0, 0), done.err
    assert "goes back" not in untouched.out + done.out
    assert found["Actions"][0]["TargetGroupArn"] == second["TargetGroupArn"]
    weight = "/Actions/0/ForwardConfig/TargetGroups/0/Weight (ECS moves the requests)"
    assert f"left as it is: ProductionRule {weight}" in done.out
