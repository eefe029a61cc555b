"""The bill: computed by hand once, from the templates, and wrong only if they are."""

import copy
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build import Built, build
from checks.link import Resource, System
from reports.cost import __main__ as command
from reports.cost.bill import Bill, bill, free_types
from reports.cost.drawing import drawing
from reports.cost.levers import cheapest, levers, meets_drawing
from reports.cost.meters import METERS, UnbillableError
from reports.cost.output import as_json, as_text, difference, marks
from templates.settings import Settings
from tests.helpers import changed, example_output, example_settings, readme

PRODUCTION = example_settings()


def manifest_of(built: Built) -> dict[str, Any]:
    return dict(json.loads(built.files["manifest.json"]))


def billed(settings: Settings) -> Bill:
    built = build(settings)
    return bill(built.system, manifest_of(built))


def month(found: Bill) -> dict[str, float]:
    """The month by resource and item, of all that costs something."""
    return {
        f"{line.resource} {line.item}": line.per_month for line in found.lines if line.per_month
    }


def test_production_by_hand(built: dict[str, Built]) -> None:
    """730 hours; prices of us-east-1 as reports/prices has them."""
    production = built["production"]

    found = bill(production.system, manifest_of(production))

    alarms = {
        f"Monitoring{name} alarm": 0.10
        for name in [
            "ServerErrors",
            "SlowAnswers",
            "UnhealthyTasks",
            "NoHealthyTask",
            "ServiceCpu",
            "ServiceMemory",
            "ErrorsLogged",
            "DatabaseCpu",
            "DatabaseMemory",
            "DatabaseStorage",
            "DatabaseConnections",
            "DatabaseCredits",
        ]
    }
    by_hand = {
        "AccountRepository images": 0.10,  # 1 GB x 0.10
        "AccountHostedZone hosted zone": 0.50,
        "DatabaseMasterSecret secret": 0.40,
        "DatabaseApplicationSecret secret": 0.40,
        "DatabaseUrlSecret secret": 0.40,
        "DatabaseInstance db.t4g.micro, multi zone, 1y-partial-upfront": 16.27,  # x 0.02229
        "DatabaseInstance gp3 storage": 4.60,  # 20 GB x 0.23 in both zones
        "LoadBalancerLoadBalancer hours": 16.43,  # 730 x 0.0225 = 16.425
        "LoadBalancerLoadBalancer capacity units": 0.58,  # 0.1 x 730 x 0.008
        "ServiceService vCPU on demand": 11.82,  # 2 x 730 x 0.25 x 0.03238
        "ServiceService memory on demand": 2.60,  # 2 x 730 x 0.5 x 0.00356
        "ServiceService public addresses": 7.30,  # 2 x 730 x 0.005
        "ServiceLogGroup ingestion of all groups": 1.30,  # 2.6 GB x 0.50
        "ServiceLogGroup storage of all groups": 0.02,  # 2.6 GB x 7/30 x 0.03
        "ApiRestApi requests": 3.50,  # a million
        "MonitoringErrorFilter custom metric": 0.30,
        **alarms,
    }
    assert month(found) == by_hand
    assert found.total == pytest.approx(sum(by_hand.values()), abs=0.005)


@pytest.mark.parametrize("environment", ["production", "staging", "development"])
def test_every_type_is_billed_or_named_as_free(
    built: dict[str, Built], environment: str
) -> None:
    kinds = {r.body["Type"] for r in built[environment].system.resources.values()}

    assert kinds <= set(METERS) | set(free_types())
    assert not set(METERS) & set(free_types())


def with_body(system: System, name: str, body: dict[str, Any]) -> System:
    """The system with another body of one resource."""
    old = system.resources.get(name)
    resource = Resource(name, old.tier if old else "x", "shop-x", name, body)
    return replace(system, resources={**system.resources, name: resource})


def test_an_unknown_type_is_an_error_not_a_zero(built: dict[str, Built]) -> None:
    production = built["production"]
    system = with_body(production.system, "Stream", {"Type": "AWS::Kinesis::Stream"})

    with pytest.raises(UnbillableError, match=r"Stream: the bill does not know AWS::Kinesis"):
        bill(system, manifest_of(production))


# What is bought of a resource: each other quantity must make another bill.
QUANTITIES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("ServiceTaskDefinition", ("Cpu",), "512"),
    ("ServiceTaskDefinition", ("Memory",), "1024"),
    ("ServiceTaskDefinition", ("RuntimePlatform", "CpuArchitecture"), "X86_64"),
    ("ServiceTaskDefinition", ("EphemeralStorage",), {"SizeInGiB": 40}),
    ("ServiceScalableTarget", ("MinCapacity",), 3),
    ("ServiceService", ("CapacityProviderStrategy", 0, "CapacityProvider"), "FARGATE_SPOT"),
    (
        "ServiceService",
        ("NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp"),
        "DISABLED",
    ),
    ("DatabaseInstance", ("DBInstanceClass",), "db.t4g.small"),
    ("DatabaseInstance", ("MultiAZ",), False),
    ("DatabaseInstance", ("AllocatedStorage",), "21"),
    ("LoadBalancerLoadBalancer", ("Type",), "network"),
    ("ServiceLogGroup", ("RetentionInDays",), 30),
    ("NetworkS3Endpoint", ("VpcEndpointType",), "Interface"),
    ("MonitoringServerErrors", ("Metrics",), [{"MetricStat": {}}, {"MetricStat": {}}]),
    ("MonitoringErrorFilter", ("MetricTransformations",), [{}, {}]),
]


@pytest.mark.parametrize(("name", "path", "value"), QUANTITIES)
def test_another_quantity_makes_another_bill(
    built: dict[str, Built], name: str, path: tuple[Any, ...], value: Any
) -> None:
    production = built["production"]
    manifest = manifest_of(production)
    body = copy.deepcopy(production.system.resources[name].body)
    node = body["Properties"]
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    if value == "Interface":
        node["SubnetIds"] = ["a", "b"]

    before = bill(production.system, manifest)
    after = bill(with_body(production.system, name, body), manifest)

    assert month(after) != month(before)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("DatabaseInstance", {"StorageType": "io1"}),
        ("DatabaseInstance", {"DatabaseInsightsMode": "advanced"}),
        ("DatabaseInstance", {"PerformanceInsightsRetentionPeriod": 731}),
        ("DatabaseInstance", {"AllocatedStorage": {"Ref": "Size"}}),
        (
            "ServiceCluster",
            {"ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]},
        ),
        ("ApiStage", {"CacheClusterEnabled": True}),
        ("ApiStage", {"MethodSettings": [{"MetricsEnabled": True}]}),
    ],
)
def test_what_has_no_price_is_said(
    built: dict[str, Built], name: str, changes: dict[str, Any]
) -> None:
    production = built["production"]
    body = copy.deepcopy(production.system.resources[name].body)
    body["Properties"].update(changes)

    with pytest.raises(UnbillableError, match=name):
        bill(with_body(production.system, name, body), manifest_of(production))


USAGE = [
    "requests",
    "average_tasks",
    "log_gb",
    "data_out_gb",
    "balancer_units",
    "backup_gb",
    "storage_growth_gb",
    "image_gb",
]


@pytest.mark.parametrize("name", USAGE)
def test_every_assumption_counts(production: Settings, name: str) -> None:
    other = changed(production, f"usage.{name}", 12_345_678)

    assert billed(other).total > billed(production).total


def test_data_to_aws_counts_where_a_gateway_bills_it(production: Settings) -> None:
    for egress in ("nat", "endpoints"):
        settings = changed(production, "network.egress", egress)
        assert billed(changed(settings, "usage.data_aws_gb", 99)).total > billed(settings).total


@given(st.floats(0, 30_000))
def test_requests_get_cheaper_and_never_free(millions: float) -> None:
    few = billed(changed(PRODUCTION, "usage.requests", int(millions * 1e6)))
    more = billed(changed(PRODUCTION, "usage.requests", int(millions * 1e6) + 1_000_000))

    assert 1.5 <= round(more.total - few.total, 2) <= 3.51


def test_what_environments_share_is_shown_as_shared(built: dict[str, Built]) -> None:
    production = built["production"]
    found = bill(production.system, manifest_of(production))

    assert {line.tier for line in found.lines if line.shared} == {"account"}


def test_the_rows_of_the_drawing_hold_the_whole_bill(production: Settings) -> None:
    settings = changed(production, "usage.database_term", "1y-no-upfront")
    rows = drawing(billed(settings))

    assert [row.row for row in rows][:4] == [
        "Fargate tasks",
        "RDS instance, one-year term",
        "API Gateway, per million requests",
        "CloudWatch Logs",
    ]
    assert sum(row.computed for row in rows[:-1]) == pytest.approx(rows[-1].computed, abs=0.03)


def test_in_tokyo_not_every_line_of_the_drawing_holds(production: Settings) -> None:
    """The figures that were worked out by hand for this region: 17.99 and 28.69."""
    settings = changed(production, "region", "ap-northeast-1")
    tokyo = changed(settings, "network.zones", ("apne1-az1", "apne1-az2"))
    rows = {row.row: row for row in drawing(billed(tokyo))}

    assert rows["Fargate tasks"].computed == pytest.approx(17.99, abs=0.01)
    assert rows["RDS instance, one-year term"].computed == pytest.approx(28.69, abs=0.01)
    assert rows["Fargate tasks"].why.startswith("does not hold")


def test_the_shipped_production_is_the_cheapest_that_is_the_drawing(
    production: Settings,
) -> None:
    found, _ = cheapest(production)

    assert found == production
    assert meets_drawing(production)


def test_levers_are_sorted_and_true(production: Settings) -> None:
    found = levers(production)

    assert [lever.difference for lever in found] == sorted(lever.difference for lever in found)
    (nat,) = [lever for lever in found if lever.change == 'network.egress = "nat"']
    other = billed(changed(production, "network.egress", "nat")).total
    assert nat.difference == pytest.approx(other - billed(production).total, abs=0.005)


def test_the_same_input_gives_the_same_bill(production: Settings) -> None:
    day = date(2026, 11, 24)

    assert as_text(billed(production), [], day) == as_text(billed(production), [], day)


def test_an_old_or_uncertain_price_is_marked(production: Settings) -> None:
    found = {f"{line.resource} {line.item}": line for line in billed(production).lines}

    sure = found["ServiceService vCPU on demand"]
    once = found["DatabaseInstance db.t4g.micro, multi zone, 1y-partial-upfront"]
    assert (marks(sure, None), marks(sure, date(2026, 11, 24))) == ("", "")
    assert (marks(once, None), marks(once, date(2026, 11, 24))) == ("~", "~!")
    assert marks(sure, date(2028, 1, 1)) == "!"


def test_the_json_has_what_programs_rely_on(production: Settings) -> None:
    content = json.loads(as_json(billed(production)))

    assert set(content) == {
        "currency",
        "region",
        "total_per_month",
        "budget_per_month",
        "lines",
        "drawing",
    }
    assert set(content["lines"][0]) == {
        "tier",
        "resource",
        "type",
        "item",
        "quantity",
        "unit",
        "unit_price",
        "per_month",
        "kind",
        "formula",
        "source",
        "price_date",
        "confidence",
        "shared",
    }
    assert set(content["drawing"][0]) == {"row", "claimed", "computed", "why"}
    total = sum(line["per_month"] for line in content["lines"])
    assert content["total_per_month"] == pytest.approx(total, abs=0.005)


def test_a_difference_names_what_changed(production: Settings) -> None:
    table = difference(
        billed(production), billed(changed(production, "database.multi_az", value=False))
    )

    assert "| DatabaseInstance | gp3 storage | 4.60 | 2.30 | -2.30 |" in table
    assert "LoadBalancer" not in table


def test_above_the_budget_the_check_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copied = shutil.copytree(example_output(), tmp_path / "production")
    assert command.main(["--check", str(copied)]) == 0
    manifest = json.loads((copied / "manifest.json").read_text("utf-8"))
    (copied / "manifest.json").write_text(
        json.dumps({**manifest, "monthly_budget_usd": 60}), "utf-8"
    )

    assert command.main(["--check", str(copied)]) == 1
    assert (
        "environments/production.toml: monthly_budget_usd: the bill is"
        in capsys.readouterr().err
    )


def test_the_difference_to_a_revision(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    folder = shutil.copytree(example_output(), tmp_path / "output" / "production")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    database = (folder / "database.yaml").read_text("utf-8")
    (folder / "database.yaml").write_text(database.replace("'20'", "'40'"), "utf-8")

    assert command.main(["--base", "HEAD", str(folder)]) == 0
    assert "| DatabaseInstance | gp3 storage | 4.60 | 9.20 | +4.60 |" in capsys.readouterr().out
    assert command.main(["--base", "nowhere", str(folder)]) == 2
    assert "not at the revision nowhere" in capsys.readouterr().err


def test_the_readme_says_the_true_figures(production: Settings) -> None:
    text = readme()
    found = billed(production)
    rows = {row.row: row.computed for row in drawing(found)}
    rest = sum(
        rows[f"left out: {name}"]
        for name in (
            "database storage and backups",
            "secrets",
            "hosted zone",
            "image repository",
            "everything else",
        )
    )

    assert f"**{found.total:.2f} USD a month**" in text
    for figure in (*list(rows.values())[:4], rows["left out: load balancer"], rest):
        assert f"| {figure:.2f} |" in text
