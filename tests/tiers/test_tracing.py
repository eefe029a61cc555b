"""Traces: the collector beside each program, and the share of requests that X-Ray records."""

import json
from pathlib import Path

import pytest

from build import build, write
from cfnlink.cost.bill import bill_of
from cfnlink.lint.run import check
from cfnlink.system.folder import read
from templates.settings import Job, Settings
from templates.settings.combinations import invalid_combinations
from templates.settings.service import TRACING_VARIABLES
from templates.tracing import rule_name
from templates.tracing import traced as traced_variables
from tests.helpers import changed, properties
from tests.tiers.resources import System, of_type, resources_of, variables

TASK = "AWS::ECS::TaskDefinition"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf"
JOB = Job(schedule="rate(1 day)", command=("/a",), cpu=256, memory_mib=512)


@pytest.fixture(scope="module")
def traced(production: Settings) -> System:
    return resources_of(changed(production, "service.tracing", True))


def test_tracing_changes_tasks_the_stage_and_the_sampling_only(
    traced: System, system: System
) -> None:
    differ = {name for name in {*traced, *system} if traced.get(name) != system.get(name)}

    assert differ == {
        "AccountPermissionsBoundary",
        "ApiSamplingRule",
        "ApiStage",
        "ServiceTaskDefinition",
        "ServiceTaskRole",
    }
    assert properties(traced, "ApiStage")["TracingEnabled"] is True


def test_the_collector_may_fail_and_leaves_the_program_its_share(traced: System) -> None:
    """It has its own stream, and stops after the program."""
    for task in of_type(traced, TASK).values():
        program, collector = task["Properties"]["ContainerDefinitions"]

        assert (program["Essential"], collector["Essential"]) == (True, False)
        assert collector["RestartPolicy"]["Enabled"] is True
        assert program["DependsOn"] == [{"ContainerName": "collector", "Condition": "START"}]
        assert str(program["Cpu"] + collector["Cpu"]) == task["Properties"]["Cpu"]
        assert collector["Memory"] == 128
        options = collector["LogConfiguration"]["Options"]
        assert options["awslogs-stream-prefix"] == "collector"
        (config,) = [json.loads(each["Value"]) for each in collector["Environment"]]
        assert config["processors"]["memory_limiter"]["limit_mib"] == 96
        (pipeline,) = config["service"]["pipelines"].values()
        for part in ("receivers", "processors", "exporters"):
            assert {*pipeline[part]} == {*config[part]}


def test_the_role_and_the_boundary_allow_what_the_collector_sends(traced: System) -> None:
    sent = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
    (policy,) = properties(traced, "ServiceTaskRole")["Policies"]
    boundary = properties(traced, "AccountPermissionsBoundary")["PolicyDocument"]

    (statement,) = policy["PolicyDocument"]["Statement"]
    assert {*statement["Action"]} == sent
    assert any(sent <= {*each["Action"]} for each in boundary["Statement"])


def test_one_share_holds_for_the_gateway_and_for_tasks(production: Settings) -> None:
    traced = changed(production, "service.tracing", True)
    found = resources_of(changed(traced, "service.tracing_sample_percent", 2.5))
    rule = properties(found, "ApiSamplingRule")["SamplingRule"]
    program = properties(found, "ServiceTaskDefinition")["ContainerDefinitions"][0]

    assert rule["FixedRate"] == 0.025
    assert variables(program)["OTEL_TRACES_SAMPLER_ARG"] == "0.025"
    assert rule["ServiceName"] == "shop-production/*"
    assert rule["ReservoirSize"] == 0


def test_traces_and_queries_are_clean_and_priced(production: Settings, tmp_path: Path) -> None:
    """Half of two million requests are a million traces, of which 100,000 are free."""
    settings = changed(production, "service.tracing", True)
    settings = changed(settings, "service.tracing_sample_percent", 50)
    settings = changed(settings, "usage.requests", 2_000_000)
    settings = changed(settings, "logs.saved_queries", True)
    write(build(settings), tmp_path)
    folder = read(tmp_path / "production")
    bill = bill_of(folder)

    assert check(folder) == []
    (line,) = [line for line in bill.lines if line.resource == "ApiSamplingRule"]
    assert line.per_month == pytest.approx(4.5)
    assert not bill.not_priced


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"service.tracing": True, "network.egress": "endpoints"}, "service.tracing"),
        ({"service.tracing_sample_percent": 7}, "service.tracing_sample_percent"),
        (
            {"service.tracing": True, "service.tracing_memory_mib": 512},
            "service.tracing_memory_mib",
        ),
        (
            {
                "service.tracing": True,
                "service.environment": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a"},
            },
            "service.environment.OTEL_EXPORTER_OTLP_ENDPOINT",
        ),
        (
            {"service.tracing": True, "service.secrets": {"OTEL_SERVICE_NAME": SECRET}},
            "service.secrets.OTEL_SERVICE_NAME",
        ),
        (
            {"service.tracing": True, "service.tracing_memory_mib": 300, "jobs": {"a": JOB}},
            "service.tracing_memory_mib",
        ),
        ({"service.tracing": True, "jobs": {"collector": JOB}}, "jobs.collector"),
    ],
)
def test_what_cannot_be_traced_is_refused(
    production: Settings, changes: dict[str, object], key: str
) -> None:
    settings = production
    for name, value in changes.items():
        settings = changed(settings, name, value)

    assert [fault.keys[0] for fault in invalid_combinations(settings)] == [key]


def test_every_variable_of_traces_is_known_as_taken(production: Settings) -> None:
    found = traced_variables(changed(production, "service.tracing", True))

    assert {*found.variables} == {*TRACING_VARIABLES}


def test_the_name_of_a_sampling_rule_is_short_and_its_own() -> None:
    long = "a" * 20 + "-" + "b" * 20

    assert rule_name("shop-production") == "shop-production"
    assert len(rule_name(long)) == 32
    assert rule_name(long) != rule_name(f"{long[:-1]}c")


def test_saved_queries_read_both_logs_and_change_nothing_else(
    production: Settings, system: System
) -> None:
    found = resources_of(changed(production, "logs.saved_queries", True))
    queries = of_type(found, "AWS::Logs::QueryDefinition")
    request = properties(found, "ApiQueryRequest")

    assert {name for name in {*found, *system} if found.get(name) != system.get(name)} == {
        *queries
    }
    assert request["LogGroupNames"] == [
        {"Ref": "ApiAccessLog"},
        {"Ref": "ServiceLogGroup"},
    ]
    for query in queries.values():
        assert query["Properties"]["Name"].startswith("shop-production/")
        assert "\n| " in query["Properties"]["QueryString"]
