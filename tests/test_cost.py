"""The bill equals amounts that were calculated independently from the templates."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example as given_example
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from build import Built, build
from cfnlink import cli, next_command
from cfnlink.aws.catalogue import types
from cfnlink.cost.alternative import Alternative
from cfnlink.cost.bill import Bill, Line, bill, bill_of
from cfnlink.cost.meters import METERS
from cfnlink.cost.output import as_json, as_markdown, as_text, difference, marks
from cfnlink.prices.table import shipped_regions
from cfnlink.system.folder import read, settings_folder
from cfnlink.system.resource import Owner, System
from templates.alternatives import alternatives, cheapest, keeps_architecture
from templates.settings import Settings, Usage
from tests.helpers import (
    ROOT,
    changed,
    example,
    example_output,
    example_settings,
    git,
    need_shipped_tiers,
)
from tests.test_capabilities import everything

PRODUCTION = example_settings()


@pytest.fixture(scope="module")
def levers(production: Settings) -> list[Alternative]:
    return alternatives(production)


def manifest_of(built: Built) -> dict[str, Any]:
    return dict(json.loads(built.files["manifest.json"]))


def billed(settings: Settings) -> Bill:
    built = build(settings)
    return bill(built.system, manifest_of(built))


def month(found: Bill) -> dict[str, float]:
    """Return the month by resource and item, without free items."""
    return {
        f"{line.resource} {line.item}": line.per_month for line in found.lines if line.per_month
    }


def test_the_bill_of_production_is_the_computed_one(built: dict[str, Built]) -> None:
    """730 hours; prices of us-east-1 as cfnlink/aws/prices has them."""
    need_shipped_tiers()
    production = built["production"]

    found = bill(production.system, manifest_of(production))

    # 12 alarms and 2 x 2 of target tracking, of which an account has 10 free.
    alarms = {
        f"Monitoring{name} alarm": 0.10
        for name in [
            "ErrorsLogged",
            "DatabaseCpu",
            "DatabaseMemory",
            "DatabaseStorage",
            "DatabaseConnections",
            "DatabaseCredits",
        ]
    }
    expected = {
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
        "ApiRestApi requests": 3.50,  # a million
        **alarms,
    }
    # Free for the account: 2.6 GB of logs and 2.6 x 7/30 GB of them kept, below 5; a custom
    # metric, below 10; a dashboard, below 3; 5 GB to the internet, below 100.
    assert month(found) == expected
    assert found.total == pytest.approx(sum(expected.values()), abs=0.005)
    assert found.total == 65.50


def test_what_the_account_has_free_is_shown_with_what_it_saves(production: Settings) -> None:
    """1.32 for logs, 1.00 for alarms, 0.30 for a metric, 3.00 and 0.45: 6.07 in all."""
    found = billed(production)

    used = {each.allowance.name: (each.used, each.saved) for each in found.allowances}
    assert used == {
        "alarm metrics": (10, 1.00),
        "custom metrics": (1, 0.30),
        "GB of logs": (3.206667, 1.32),
        "dashboards": (1, 3.00),
        "GB to the internet": (5, 0.45),
    }
    sentence = (
        "Free each month for the account, all its environments together: 10 of 10 alarm "
        "metrics, 1 of 10 custom metrics, 3.207 of 5 GB of logs, 1 of 3 dashboards, 5 of 100 "
        "GB to the internet. If other environments use them, this one costs up to 6.07 more."
    )
    assert sentence in as_text(found)
    assert sentence in as_markdown(found)
    (alarms, *_) = json.loads(as_json(found))["account_allowances"]
    assert (alarms["used"], alarms["amount"], alarms["saved_per_month"]) == (10, 10, 1.0)


def test_what_goes_beyond_an_allowance_is_billed(production: Settings) -> None:
    """8 GB of logs and 1.867 kept: 3 and 1.867 are billed. 130 GB out: 30 are billed."""
    found = billed(changed(changed(production, "usage.log_gb", 8), "usage.data_out_gb", 130))
    lines = {line.item: line for line in found.lines}

    assert lines["ingestion of all groups"].formula == "(8 GB - 5 free) x 0.5"
    assert lines["ingestion of all groups"].per_month == 1.50
    assert lines["storage of all groups"].per_month == 0.06  # 1.867 x 0.03
    assert (lines["data out"].quantity, lines["data out"].per_month) == (30, 2.70)


def test_each_policy_with_target_tracking_is_two_alarms(built: dict[str, Built]) -> None:
    production = built["production"]
    policies = {"ServiceCpuScaling", "ServiceRequestScaling"}
    found = bill(production.system, manifest_of(production))
    lines = [line for line in found.lines if line.resource in policies]
    assert {line.resource: line.quantity + line.free for line in lines} == dict.fromkeys(
        policies, 2
    )

    body = copy.deepcopy(production.system.resources["ServiceCpuScaling"].body)
    body["Properties"]["PolicyType"] = "StepScaling"
    steps = bill(
        with_body(production.system, "ServiceCpuScaling", body), manifest_of(production)
    )
    assert round(found.total - steps.total, 2) == 0.20


def test_what_remains_after_destroy_is_priced(production: Settings) -> None:
    """20 GB x 0.095 of a final snapshot, and as much of automated backups for a week."""
    found = billed(production)

    left = {f"{line.resource} {line.item}": line.per_month for line in found.remaining}
    assert left == {
        "AccountRepository images": 0.10,
        "AccountHostedZone hosted zone": 0.50,
        "DatabaseMasterSecret secret": 0.40,
        "DatabaseInstance final snapshot": 1.90,
        "DatabaseInstance automated backups": 0.44,  # 20 x 7/30 x 0.095
    }
    assert "After destroy, until you delete it" in as_text(found)
    assert "a month costs 3.34: AccountRepository images 0.10, " in as_markdown(found)
    assert len(json.loads(as_json(found))["after_destroy"]) == len(left)


def test_an_instance_that_leaves_no_snapshot_leaves_no_cost(built: dict[str, Built]) -> None:
    production = built["production"]
    body = copy.deepcopy(production.system.resources["DatabaseInstance"].body)
    body["DeletionPolicy"] = "Delete"
    body["Properties"]["DeleteAutomatedBackups"] = True
    system = with_body(production.system, "DatabaseInstance", body)

    found = bill(system, manifest_of(production))

    assert not [line for line in found.remaining if line.resource == "DatabaseInstance"]


def test_an_item_without_assumed_usage_is_named(production: Settings) -> None:
    text = as_text(billed(production))

    unused = "data between zones (usage.data_zones_gb), CPU credits (usage.cpu_credit_hours)"
    assert f"  not used: {unused}\n" in text
    assert "job_minutes" not in text
    assert "bucket_gb" not in text


def test_a_capability_tells_what_is_assumed_of_it(production: Settings) -> None:
    """Reads for less than half a cent are not free, and the settings state only them."""
    stored = production.model_dump()
    stored["buckets"] = {"uploads": {}}
    stored["workers"] = {"mail": {"command": ("/mail",)}}
    stored["jobs"] = {"nightly": {"schedule": "rate(1 day)", "command": ("/run",)}}
    stored["api"]["jwt"]["issuer"] = "https://login.example.com/"
    stored["api"]["jwt"]["audience"] = ("orders",)
    stored["usage"]["bucket_reads"] = 1_000

    text = as_text(billed(Settings.model_validate(stored)))

    (assumed,) = [line for line in text.splitlines() if line.startswith("Assumed of a month")]
    for each in (
        "job_minutes 5",
        "bucket_gb 0",
        "bucket_reads 1,000",
        "queue_requests 1,000,000",
        "token_calls 1,000,000",
    ):
        assert f", {each}," in f"{assumed},"
    assert "worker_tasks from the templates" in assumed
    (unused,) = re.findall(r"not used: (objects of all buckets.*)", text)
    assert "objects of all buckets (usage.bucket_gb)" in unused
    (free,) = re.findall(r"under 0\.01: (.*reads of all buckets.*)", text)
    assert "reads of all buckets" in free
    assert "reads of all buckets" not in "".join(re.findall(r"  free: .*", text))


def test_one_nat_gateway_brings_data_across_zones(production: Settings) -> None:
    """Of 500 GB the half comes from the zone without a gateway: 250 x 0.01."""
    nat = changed(changed(production, "network.egress", "nat"), "usage.data_aws_gb", 500)

    (line,) = [
        line
        for line in billed(nat).lines
        if line.type == "AWS::EC2::NatGateway" and line.item == "data between zones"
    ]
    assert (line.quantity, line.per_month) == (250, 2.50)
    both = billed(changed(nat, "network.nat_gateways", 2))
    crossing = [line.quantity for line in both.lines if "zones" in line.item]
    assert crossing == [0, 0, 0]


@pytest.mark.parametrize(
    ("key", "value", "saving"),
    [
        ("usage.compute_term", "1y-savings-plan", 2.89),  # 20 % of 11.82 and of 2.60
        ("usage.compute_term", "3y-savings-plan", 6.49),  # 45 % of them
        ("usage.database_term", "3y-partial-upfront", 4.91),  # 730 x (0.02229 - 0.01556)
    ],
)
def test_a_longer_term_is_a_lever(
    levers: list[Alternative], key: str, value: str, saving: float
) -> None:
    found = {each.change: each.difference for each in levers}

    assert found[f'{key} = "{value}"'] == pytest.approx(-saving, abs=0.005)


def test_a_savings_plan_covers_no_spot(production: Settings) -> None:
    spot = changed(production, "service.spot_percent", 100)

    assert (
        billed(changed(spot, "usage.compute_term", "3y-savings-plan")).total
        == billed(spot).total
    )


@pytest.mark.parametrize("environment", ["production", "staging", "development"])
def test_every_type_is_billed_or_named_as_free(
    built: dict[str, Built], environment: str
) -> None:
    found = bill(built[environment].system, manifest_of(built[environment]))

    assert found.not_priced == ()
    assert found.at_least is False


def test_every_meter_belongs_to_a_type() -> None:
    assert {row.meter for row in types().values() if row.meter} == set(METERS)


def test_a_type_with_a_row_but_no_price_is_not_priced(built: dict[str, Built]) -> None:
    system = with_body(built["production"].system, "Jobs", {"Type": "AWS::RDS::DBCluster"})

    (line,) = bill(system, manifest_of(built["production"])).not_priced

    assert line.formula == "the row AWS::RDS::DBCluster of cfnlink/aws/types.yaml has no price"
    assert (
        line.fix == f"add free, price or meter to {line.formula.removesuffix(' has no price')}"
    )


def with_resources(system: System, resources: dict[str, Any]) -> System:
    """Return the system with other bodies of resources; a new one is of a stack shop-x."""
    known = system.resources
    owners = {key: Owner(each.tier, each.stack, each.logical_id) for key, each in known.items()}
    owners = {name: owners.get(name, Owner("x", "shop-x", name)) for name in resources}
    return System({**system.template, "Resources": resources}, owners, parts=system.parts)


def with_body(system: System, name: str, body: dict[str, Any]) -> System:
    """Return the system with another body of one resource."""
    return with_resources(system, {**system.template["Resources"], name: body})


def with_queue(built: Built, **settings: Any) -> Bill:
    """Return the bill of an environment with a type that the bill does not know."""
    system = with_body(built.system, "JobsQueue", {"Type": "AWS::IoT::Thing"})
    return bill(system, {**manifest_of(built), **settings})


def test_an_unknown_type_is_a_line_without_a_price(built: dict[str, Built]) -> None:
    production = built["production"]
    found = with_queue(production)

    (line,) = found.not_priced
    assert (line.resource, line.item, line.per_month) == (
        "JobsQueue",
        "AWS::IoT::Thing",
        0,
    )
    assert found.total == bill(production.system, manifest_of(production)).total
    text = as_text(found)
    assert "not priced" in next(row for row in text.splitlines() if "JobsQueue" in row)
    assert f"= at least {found.total:.2f} " in text
    assert f"at least {found.total:.2f} USD" in as_markdown(found)
    assert json.loads(as_json(found))["at_least"] is True


@pytest.mark.parametrize(
    ("own", "amount"),
    [
        ({"AWS::IoT::Thing": 0.4}, 0.4),
        ({"JobsQueue": 2}, 2),
        ({"JobsQueue": 0, "AWS::IoT::Thing": 0.4}, 0),
    ],
)
def test_a_price_of_the_users_own_is_marked_as_that(
    built: dict[str, Built], own: dict[str, float], amount: float
) -> None:
    need_shipped_tiers()
    found = with_queue(built["production"], prices=own)

    (line,) = [line for line in found.lines if line.resource == "JobsQueue"]
    assert (line.per_month, line.confidence) == (amount, "own")
    assert not found.at_least
    row = next(row for row in as_text(found).splitlines() if "JobsQueue" in row)
    assert f"{amount:.2f}  fixed =  [prices]" in row
    assert marks(line, date(2050, 1, 1)) == "="
    assert "= your price, of [prices]" in as_text(found)


def test_a_price_of_the_users_own_replaces_all_that_the_bill_finds(
    built: dict[str, Built],
) -> None:
    production = built["production"]
    manifest = manifest_of(production) | {"prices": {"DatabaseInstance": 11.5}}
    found = bill(production.system, manifest)

    lines = [line for line in found.lines if line.resource == "DatabaseInstance"]
    assert [(line.item, line.per_month) for line in lines] == [("own price", 11.5)]


def test_prices_of_the_settings_reach_the_bill(production: Settings) -> None:
    found = billed(
        changed(production, "prices", {"AWS::CloudWatch::Alarm": 0, "ApiRestApi": 7})
    )

    alarms = [line for line in found.lines if line.type == "AWS::CloudWatch::Alarm"]
    assert {line.per_month for line in alarms} == {0}
    assert found.sum(resource="ApiRestApi") == 7


@pytest.mark.parametrize(
    ("name", "value"), [("A-B", 1.0), ("AWS::", 1.0), ("Queue", -0.1), ("Queue", True)]
)
def test_a_price_that_cannot_be_meant_is_refused(
    production: Settings, name: str, value: float
) -> None:
    with pytest.raises(ValidationError):
        changed(production, "prices", {name: value})


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
    ("MonitoringErrorFilter", ("MetricTransformations",), [{}] * 11),
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
        ("DatabaseInstance", {"MultiAZ": {"Ref": "Standby"}}),
        ("DatabaseInstance", {"Engine": "mysql"}),
        ("DatabaseInstance", {"Iops": 12000}),
        ("DatabaseInstance", {"DBInstanceClass": None}),
        ("DatabaseInstance", {"DBInstanceClass": "db.x9.huge"}),
        ("LoadBalancerLoadBalancer", {"Type": "gateway"}),
        ("ServiceService", {"TaskDefinition": "elsewhere:1"}),
        (
            "ServiceCluster",
            {"ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]},
        ),
        ("ApiStage", {"CacheClusterEnabled": True}),
        ("ApiStage", {"MethodSettings": [{"MetricsEnabled": True}]}),
    ],
)
def test_a_property_without_a_price_is_one_line(
    built: dict[str, Built], name: str, changes: dict[str, Any]
) -> None:
    production = built["production"]
    body = copy.deepcopy(production.system.resources[name].body)
    body["Properties"].update(changes)
    found = bill(with_body(production.system, name, body), manifest_of(production))

    assert [line.resource for line in found.not_priced] == [name]
    assert found.total > 40  # all that is known stays on the bill


def test_an_item_without_a_price_is_one_line(production: Settings) -> None:
    """us-west-2 has no price of a network load balancer."""
    oregon = changed(production, "region", "us-west-2")
    built = build(changed(oregon, "network.zones", ("usw2-az1", "usw2-az2")))
    name = "LoadBalancerLoadBalancer"
    body = copy.deepcopy(built.system.resources[name].body)
    body["Properties"]["Type"] = "network"
    found = bill(with_body(built.system, name, body), manifest_of(built))

    assert [(line.item, line.formula) for line in found.not_priced] == [
        ("hours", "no price of nlb_hour in us-west-2"),
        ("capacity units", "no price of nlb_nlcu in us-west-2"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        5,
        {"Type": "AWS::CloudWatch::Alarm", "Properties": [1]},
        {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": 1}},
    ],
)
def test_a_template_that_no_meter_can_read_is_one_line(
    built: dict[str, Built], body: Any
) -> None:
    production = built["production"]
    found = bill(with_body(production.system, "Odd", body), manifest_of(production))

    assert [line.resource for line in found.not_priced] == ["Odd"]


@pytest.fixture(scope="module")
def everything_by_nat() -> Built:
    """Return the example of every capability, in a network that bills each GB to AWS."""
    return build(changed(everything(), "network.egress", "nat"))


@pytest.mark.parametrize(
    "name", [name for name in Usage.model_fields if not name.endswith("_term")]
)
def test_every_assumption_counts(everything_by_nat: Built, name: str) -> None:
    system, manifest = everything_by_nat.system, manifest_of(everything_by_nat)
    more = changed(everything_by_nat.settings, f"usage.{name}", 12_345_678)

    found = bill(system, {**manifest, "usage": more.usage.stated()})

    assert found.total > bill(system, manifest).total


def test_buckets_are_billed_together_and_stay_after_destroy(production: Settings) -> None:
    stored = production.model_dump()
    stored["buckets"] = {"uploads": {}, "exports": {}}
    stored["usage"] |= {"bucket_gb": 100, "bucket_writes": 200_000, "bucket_reads": 1_000_000}
    settings = Settings.model_validate(stored)
    lines = {
        "ServiceBucketUploads objects of all buckets": 2.3,
        "ServiceBucketUploads writes of all buckets": 1.0,
        "ServiceBucketUploads reads of all buckets": 0.4,
    }

    found = billed(settings)

    assert month(found).items() - month(billed(production)).items() == lines.items()
    left = [line.item for line in found.remaining if line.resource == "ServiceBucketUploads"]
    assert left == ["objects of all buckets"]
    assert "usage.bucket_gb = 50.0" in {each.change for each in alternatives(settings)}


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


@pytest.mark.long
def test_the_shipped_production_is_the_cheapest_of_this_architecture(
    production: Settings,
) -> None:
    found, _ = cheapest(production)

    assert found == production
    assert keeps_architecture(production)


def test_alternatives_are_sorted_and_true(
    production: Settings, levers: list[Alternative]
) -> None:
    differences = [each.difference for each in levers]
    assert differences == sorted(each for each in differences if each is not None)
    (nat,) = [each for each in levers if each.change == 'network.egress = "nat"']
    other = billed(changed(production, "network.egress", "nat")).total
    assert nat.difference == pytest.approx(other - billed(production).total, abs=0.005)


@pytest.mark.parametrize("volume", [0.1, 2.6, 40])
def test_less_of_something_never_costs_more(production: Settings, volume: float) -> None:
    settings = changed(production, "usage.log_gb", volume)
    found = {each.meaning: each.difference or 0 for each in alternatives(settings)}

    assert found["the container logs half as much"] <= 0
    assert found["the container logs twice as much"] >= 0
    assert found["one task: a failed task is an outage until the next one runs"] < 0
    assert found["one task more always runs"] > 0


def test_an_alternative_without_a_price_has_no_difference(production: Settings) -> None:
    settings = changed(production, "database.instance_class", "db.m7g.large")
    found = {each.change: each for each in alternatives(settings)}

    on_demand = found['usage.database_term = "on-demand"']
    assert on_demand.difference is None
    assert f"not priced  {on_demand.change}" in as_text(
        billed(production), alternatives=[on_demand]
    )


# Expected, for 730 hours: what differs from us-east-1, in the order of the lines above.
ELSEWHERE = {
    "ap-northeast-1": {
        "DatabaseInstance db.t4g.micro, multi zone, 1y-partial-upfront": 27.16,  # x 0.03721
        "DatabaseInstance gp3 storage": 5.52,  # 20 x 0.276
        "LoadBalancerLoadBalancer hours": 17.74,  # 730 x 0.0243
        "ServiceService vCPU on demand": 14.76,  # 365 x 0.04045
        "ServiceService memory on demand": 3.23,  # 730 x 0.00442
        "ApiRestApi requests": 4.25,
    },
    "eu-central-1": {
        "DatabaseInstance db.t4g.micro, multi zone, 1y-partial-upfront": 17.67,  # x 0.0242
        "DatabaseInstance gp3 storage": 5.48,  # 20 x 0.274
        "LoadBalancerLoadBalancer hours": 19.71,  # 730 x 0.027
        "ServiceService vCPU on demand": 13.60,  # 365 x 0.03725
        "ServiceService memory on demand": 2.99,  # 730 x 0.00409
        "ApiRestApi requests": 3.70,
    },
}


@pytest.mark.parametrize(
    ("region", "zones", "exact", "total"),
    [
        ("ap-northeast-1", ("apne1-az1", "apne1-az2"), 82.95, 82.94),
        ("eu-central-1", ("euc1-az1", "euc1-az2"), 73.42, 73.43),
    ],
)
def test_the_bill_of_production_in_other_regions(
    production: Settings, region: str, zones: tuple[str, str], exact: float, total: float
) -> None:
    """The bill adds up lines that are rounded to the cent, so it may be a cent off."""
    need_shipped_tiers()
    other = changed(changed(production, "region", region), "network.zones", zones)

    found = billed(other)

    assert month(found) == month(billed(production)) | ELSEWHERE[region]
    assert round(sum(line.quantity * line.unit_price for line in found.lines), 2) == exact
    assert found.total == total


@pytest.mark.parametrize("name", ["cost", "page", pytest.param("lint", marks=pytest.mark.long)])
def test_a_pipe_whose_reader_has_ended_is_no_error(tmp_path: Path, name: str) -> None:
    options = {
        "cost": ["--alternatives", "--estimate"],
        "page": ["--output", str(tmp_path)],
        "lint": ["--format", "json"],
    }
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "cfnlink", name, str(example_output()), *options[name]]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, cwd=ROOT)
    os.close(writer)

    assert (done.stderr, done.returncode) == (b"", 141)


@given_example([("short", 1234567.0), ("long" * 30, 5.0), ("longest" * 40, 12.5)])
@given(
    st.lists(
        st.tuples(st.text("abcdefghij", min_size=1, max_size=120), st.floats(0, 1e9)),
        min_size=1,
        max_size=6,
    )
)
def test_a_long_label_does_not_break_the_columns(rows: list[tuple[str, float]]) -> None:
    lines = tuple(
        Line(tier=f"t{n % 2}", resource=name, type="X", item="hours", per_month=amount)
        for n, (name, amount) in enumerate(rows)
    )
    found = Bill(environment="e", region="r", budget=None, usage={}, lines=lines)

    text = as_text(found).split("\nfixed ")[0].splitlines()
    ends = {
        row.index(amount) + len(amount)
        for line in lines
        if (amount := f"{line.per_month:,.2f}") != "0.00"
        for row in text
        if f" {amount}  fixed" in row
    }
    assert len(ends) <= 1
    assert all(len(row) < 120 for row in text if "fixed" in row)


def test_a_bar_in_a_label_does_not_end_a_cell_of_a_table() -> None:
    line = Line(tier="t", resource="A|B", type="X", item="c|d", per_month=1.0, formula="1 | 2")
    found = Bill(environment="e", region="r", budget=None, usage={}, lines=(line,))

    assert r"| t | A\|B | c\|d | 1 \| 2 | fixed | 1.00 |" in as_markdown(found).splitlines()


def test_a_new_resource_without_a_price_is_in_the_difference(built: dict[str, Built]) -> None:
    production = built["production"]
    before = bill(production.system, manifest_of(production))
    table = difference(before, with_queue(production))

    assert "| JobsQueue | AWS::IoT::Thing | 0.00 | not priced |  |" in table
    total = f"{before.total:.2f}"
    assert f"{total} -> at least {total} (+0.00) USD a month" in table


def test_the_same_input_gives_the_same_bill(production: Settings) -> None:
    day = date(2026, 11, 24)

    assert as_text(billed(production), day) == as_text(billed(production), day)


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
        "at_least",
        "budget_per_month",
        "account_allowances",
        "lines",
        "after_destroy",
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
        "allowance",
        "free",
        "saved",
    }
    total = sum(line["per_month"] for line in content["lines"])
    assert content["total_per_month"] == pytest.approx(total, abs=0.005)


def test_a_difference_names_what_changed(production: Settings) -> None:
    table = difference(
        billed(production), billed(changed(production, "database.multi_az", value=False))
    )

    assert "| DatabaseInstance | gp3 storage | 4.60 | 2.30 | -2.30 |" in table
    assert "LoadBalancer" not in table


def copied(path: Path, **manifest: Any) -> Path:
    """Return a settings folder with the output of production and a changed manifest."""
    folder = shutil.copytree(example(), path, dirs_exist_ok=True) / "output" / "production"
    content = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**content, **manifest}), "utf-8")
    return folder


def with_queue_in(folder: Path) -> Path:
    """Return the folder, with a queue in its network stack."""
    template = json.loads((folder / "network.json").read_text("utf-8"))
    template["Resources"]["Queue"] = {"Type": "AWS::IoT::Thing"}
    (folder / "network.yaml").write_text(json.dumps(template), "utf-8")
    return folder


@pytest.mark.parametrize("region", shipped_regions())
def test_the_budgets_of_the_example_hold_in_every_region_with_prices(
    environments: dict[str, Settings], region: str
) -> None:
    """A user who only changes the region exceeds no budget."""
    need_shipped_tiers()
    for settings in environments.values():
        found = billed(changed(settings, "region", region))
        assert found.budget is not None
        assert found.total <= found.budget, settings.environment


def test_above_the_budget_the_check_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["cost", "--check", str(example_output())]) == 0

    assert cli.main(["cost", "--check", str(copied(tmp_path, monthly_budget_usd=60))]) == 1
    said = "environments/production.toml: monthly_budget_usd: the bill is"
    assert said in capsys.readouterr().err


def test_the_check_names_both_cures_of_a_type_that_is_not_priced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = with_queue_in(copied(tmp_path))

    assert cli.main(["cost", "--check", str(folder)]) == 1
    assert capsys.readouterr().err == (
        "environments/production.toml: NetworkQueue: not priced: AWS::IoT::Thing has no row "
        "in cfnlink/aws/types.yaml; fix: add a row AWS::IoT::Thing to "
        "cfnlink/aws/types.yaml, or state its price in USD a month in project.toml: "
        '[prices] "AWS::IoT::Thing" = 0.00\n'
    )
    assert cli.main(["cost", str(folder)]) == 0


def test_the_check_tells_a_type_once_for_all_environments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = with_queue_in(copied(tmp_path))
    staging = with_queue_in(tmp_path / "output" / "staging")

    assert cli.main(["cost", "--check", str(folder), str(staging)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    places = "environments/production.toml, environments/staging.toml"
    assert line.startswith(f"{places}: NetworkQueue: not priced: AWS::IoT::Thing has no row")


@pytest.mark.parametrize("key", ["AWS::IoT::Thing", "NetworkQueue"])
def test_an_own_price_is_a_cure(tmp_path: Path, key: str) -> None:
    need_shipped_tiers()
    folder = with_queue_in(copied(tmp_path, prices={key: 0.4}))

    assert cli.main(["cost", "--check", str(folder)]) == 0


def test_a_row_in_the_users_price_file_is_a_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = {"database_term": "1y-no-upfront"}
    folder = copied(tmp_path, usage=usage, monthly_budget_usd=None)
    template = (folder / "database.yaml").read_text("utf-8")
    (folder / "database.yaml").write_text(template.replace("db.t4g.micro", "db.m7g.large"))

    assert cli.main(["cost", "--check", str(folder)]) == 1
    item = "rds_pg_db.m7g.large_multi_ri_1y_no_upfront"
    said = capsys.readouterr().err
    fix = f"cfnlink prices us-east-1 --settings {tmp_path}, or add a row {item} to "
    assert f"no price of {item} in us-east-1; fix: run " in said
    assert fix in said
    assert f"or add a row {item} to prices/us-east-1.yaml, or state its price" in said
    assert "in environments/production.toml: [prices] DatabaseInstance = 0.00" in said
    assert cli.main(["cost", str(folder)]) == 0
    assert capsys.readouterr().err == said

    row = "{price: 0.2, unit: h, source: [me], as_of: '2026-11-01', confidence: one}"
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "us-east-1.yaml").write_text(f"items:\n  {item}: {row}\n")
    assert cli.main(["cost", "--check", str(folder)]) == 0


@pytest.mark.parametrize("budget", [None, 50])
def test_a_region_without_prices_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], budget: float | None
) -> None:
    folder = copied(tmp_path, region="eu-west-3", monthly_budget_usd=budget)
    command = next_command.prices("eu-west-3", settings_folder(folder))
    said = f"no prices for eu-west-3: run {command}"

    assert cli.main(["cost", "--check", str(folder)]) == 0
    assert said in (told := capsys.readouterr().err)
    assert ("environments/production.toml: monthly_budget_usd" in told) == bool(budget)
    for form in ("text", "markdown"):
        assert (
            cli.main(["cost", str(folder), "--alternatives", "--estimate", "--format", form])
            == 0
        )
        assert said in capsys.readouterr().out
    assert cli.main(["cost", str(folder), "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["at_least"], content["lines"], content["region"]) == (True, [], "eu-west-3")


def test_an_own_price_that_nothing_has_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need_shipped_tiers()
    folder = copied(tmp_path, prices={"DatabaseInstanc": 3, "DatabaseInstance": 15})

    assert cli.main(["cost", "--check", str(folder)]) == 0
    assert "prices: warning: no resource is DatabaseInstanc; " in capsys.readouterr().err


def test_a_strangers_folder_gets_messages_with_its_own_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = with_queue_in(copied(tmp_path, monthly_budget_usd=1))
    (tmp_path / "project.toml").unlink()

    assert cli.main(["cost", "--check", str(folder)]) == 1
    above, unknown = capsys.readouterr().err.splitlines()
    assert above.startswith(f"{folder}/manifest.json: monthly_budget_usd: the bill is at le")
    assert unknown.endswith('in manifest.json: "prices": {"AWS::IoT::Thing": 0.00}')


def test_a_strangers_folder_has_its_own_price_file(tmp_path: Path) -> None:
    folder = copied(tmp_path, region="eu-west-3")
    (tmp_path / "project.toml").unlink()
    row = "{price: 1, unit: h, source: [me], as_of: '2026-11-01', confidence: one}"
    (folder / "prices").mkdir()
    (folder / "prices" / "eu-west-3.yaml").write_text(f"items: {{alb_hour: {row}}}", "utf-8")

    found = bill_of(read(folder))
    assert found.sum(type="AWS::ElasticLoadBalancingV2::LoadBalancer") == 730


def test_a_price_file_that_is_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copied(tmp_path)
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "us-east-1.yaml").write_text("items: {alb_hour: {}}", "utf-8")

    assert cli.main(["cost", str(folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{tmp_path}/prices/us-east-1.yaml: items: alb_hour: without price")


def test_the_difference_to_a_revision_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(example_output(), tmp_path / "output" / "production")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    database = (folder / "database.yaml").read_text("utf-8")
    (folder / "database.yaml").write_text(database.replace("'20'", "'40'"), "utf-8")

    assert cli.main(["cost", "--base", "HEAD", str(folder)]) == 0
    assert "| DatabaseInstance | gp3 storage | 4.60 | 9.20 | +4.60 |" in capsys.readouterr().out
    assert cli.main(["cost", "--base", "nowhere", str(folder)]) == 2
    assert "the revision nowhere does not exist here; branches: " in capsys.readouterr().err
