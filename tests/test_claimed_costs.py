"""The original estimate stands beside the cost, with rows that add up."""

import json
from typing import Any

import pytest

from build import Built
from cfnlink import cli
from cfnlink.cost.bill import bill
from cfnlink.cost.claimed_costs import ClaimedCost, Comparison, compare
from cfnlink.cost.output import as_json, as_markdown, as_text
from templates.settings import Settings
from tests.helpers import ROOT, changed, example_output, need_shipped_tiers, readme
from tests.test_cost import billed, manifest_of, with_body, with_resources

CLAIMED = [
    ("Fargate tasks", 15),
    ("RDS instance, one-year term", 25),
    ("API Gateway, a million requests", 3.5),
    ("CloudWatch Logs", 2),
]
ZONES = {
    "us-east-1": ("use1-az1", "use1-az2"),
    "ap-northeast-1": ("apne1-az1", "apne1-az2"),
    "eu-central-1": ("euc1-az1", "euc1-az2"),
}
# Expected, for 730 hours: two tasks with 0.25 vCPU and 0.5 GB; db.t4g.micro with Multi-AZ for a
# year without upfront; a million requests; 3.2 GB of logs, of which an account has 5 free.
FIGURES = {
    "us-east-1": {
        "Fargate tasks": (14.42, "holds"),  # 365 x 0.03238 + 730 x 0.00356
        "RDS instance, one-year term": (17.01, "holds"),  # 730 x 0.0233
        "API Gateway, a million requests": (3.5, "holds"),
        "CloudWatch Logs": (0, "holds"),
    },
    "ap-northeast-1": {
        "Fargate tasks": (17.99, "does not hold"),  # 365 x 0.04045 + 730 x 0.00442
        "RDS instance, one-year term": (28.69, "does not hold"),  # 730 x 0.0393
        "API Gateway, a million requests": (4.25, "does not hold"),
        "CloudWatch Logs": (0, "holds"),
    },
    "eu-central-1": {
        "Fargate tasks": (16.59, "does not hold"),  # 365 x 0.03725 + 730 x 0.00409
        "RDS instance, one-year term": (18.47, "holds"),  # 730 x 0.0253
        "API Gateway, a million requests": (3.7, "does not hold"),
        "CloudWatch Logs": (0, "holds"),
    },
}


def in_region(settings: Settings, region: str) -> Settings:
    return changed(changed(settings, "region", region), "network.zones", ZONES[region])


def by_name(comparison: Comparison) -> dict[str, ClaimedCost]:
    return {row.name: row for row in comparison.rows}


@pytest.mark.parametrize("region", FIGURES)
def test_the_estimate_is_compared_at_its_own_term(production: Settings, region: str) -> None:
    rows = by_name(compare(billed(in_region(production, region))))

    assert [(row.name, row.claimed) for row in rows.values() if row.claimed] == CLAIMED
    for name, expected in FIGURES[region].items():
        assert (rows[name].computed, rows[name].verdict) == expected, name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("usage.database_term", "on-demand"),
        ("usage.database_term", "1y-all-upfront"),
        ("usage.requests", 45_000_000),
        ("usage.log_gb", 7.77),
        ("region", "ap-northeast-1"),
        ("network.egress", "nat"),
        ("database.multi_az", False),
        ("database.instance_class", "db.m7g.large"),
        ("service.spot_percent", 50),
        ("prices", {"DatabaseInstance": 19.99, "AWS::CloudWatch::Alarm": 0}),
    ],
)
def test_the_rows_add_up_to_their_sum_to_the_cent(
    production: Settings, key: str, value: Any
) -> None:
    found = compare(billed(changed(production, key, value)))

    assert sum(round(row.computed * 100) for row in found.rows) == round(found.computed * 100)
    assert found.claimed == 45.5


def test_every_line_of_the_bill_is_in_one_row(production: Settings) -> None:
    """With the estimate's term and requests the two sums are one figure."""
    found = compare(billed(changed(production, "usage.database_term", "1y-no-upfront")))

    assert found.bill == found.computed


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("database.multi_az", False, "RDS instance, one-year term"),
        ("database.instance_class", "db.t4g.small", "RDS instance, one-year term"),
        ("database.instance_class", "db.m7g.large", "RDS instance, one-year term"),
        ("prices", {"DatabaseInstance": 5}, "RDS instance, one-year term"),
        ("service.minimum_tasks", 1, "Fargate tasks"),
        ("service.spot_percent", 100, "Fargate tasks"),
        ("service.cpu", 512, "Fargate tasks"),
        ("prices", {"AWS::ECS::Service": 5}, "Fargate tasks"),
        ("prices", {"ApiRestApi": 1}, "API Gateway, a million requests"),
        ("prices", {"AWS::Logs::LogGroup": 0}, "CloudWatch Logs"),
    ],
)
def test_what_differs_from_the_estimate_is_not_compared(
    production: Settings, key: str, value: Any, name: str
) -> None:
    settings = changed(production, key, value)
    if value == 512:
        settings = changed(settings, "service.memory_mib", 1024)
    found = compare(billed(settings))

    assert [row.name for row in found.rows if row.verdict == "not comparable"] == [name]
    assert found.verdict == "not comparable"
    assert by_name(found)[name].why.startswith(
        ("the estimate has ", "no price of rds_pg_db.m7")
    )


def test_an_environment_without_a_part_of_the_estimate_is_not_compared(
    built: dict[str, Built],
) -> None:
    system = built["production"].system
    account = {
        name: each.body for name, each in system.resources.items() if each.tier == "account"
    }
    alone = with_resources(system, account)
    found = compare(bill(alone, manifest_of(built["production"])))

    verdicts = {row.name: row.verdict for row in found.rows}
    assert {verdicts[name] for name, _ in CLAIMED} == {"not comparable"}


def test_what_is_not_priced_keeps_the_sum_from_a_verdict(built: dict[str, Built]) -> None:
    production = built["production"]
    system = with_body(production.system, "JobsQueue", {"Type": "AWS::IoT::Thing"})

    assert compare(bill(system, manifest_of(production))).verdict == "not comparable"


def test_only_the_option_prints_the_estimate(
    production: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    together = f"{compare(billed(production)).computed:.2f}"
    folder = str(example_output())
    for arguments in ([], ["--format", "markdown"], ["--format", "json"]):
        assert cli.main(["cost", folder, *arguments]) == 0
        assert "estimate" not in capsys.readouterr().out

        assert cli.main(["cost", folder, *arguments, "--estimate"]) == 0
        said = capsys.readouterr().out
        assert "estimate" in said
        assert together in said


def test_the_text_introduces_the_estimate_and_shows_its_sums(production: Settings) -> None:
    found = billed(production)
    comparison = compare(found)
    text = as_text(found, comparison=comparison)

    assert "The original estimate of this architecture: two Fargate tasks" in text
    columns = {row.split("  ")[1]: row.split() for row in text.splitlines() if row[:2] == "  "}
    assert columns["together"][1:3] == ["45.50", f"{comparison.computed:.2f}"]
    total = f"{found.total:.2f}"
    assert f"{total}  the bill, with the term and the requests of this environment" in text


def test_the_json_has_the_rows_and_their_sums(production: Settings) -> None:
    found = billed(production)
    content = json.loads(as_json(found, compare(found)))["estimate"]

    assert set(content) == {"rows", "claimed", "computed", "verdict", "bill"}
    assert set(content["rows"][0]) == {"name", "claimed", "computed", "verdict", "why"}


def test_the_table_is_one_table(production: Settings) -> None:
    found = billed(production)
    comparison = compare(found)
    lines = as_markdown(found, comparison=comparison).splitlines()

    start = lines.index("| | estimate | computed | |")
    assert all(line.count(" | ") == 3 for line in lines[start + 2 :])
    left = sum(row.computed for row in comparison.rows if row.verdict == "left out")
    together = (
        f"| together | 45.50 | {comparison.computed:.2f} | does not hold: {left:.2f} of it"
    )
    assert lines[-1].startswith(together)


def test_the_readme_says_the_true_figures(production: Settings) -> None:
    text = readme()
    found = billed(production)
    comparison = compare(found)
    rows = {name: row.computed for name, row in by_name(comparison).items()}
    rest = sum(
        rows[name]
        for name in (
            "database storage and backups",
            "secrets",
            "hosted zone",
            "image repository",
            "everything else",
        )
    )

    assert f"**{found.total:.2f} USD a month**" in text
    for figure in (rows["load balancer"], rows["way out (addresses, NAT, endpoints)"], rest):
        assert f"({figure:.2f})" in text


def test_the_page_about_costs_says_the_true_figures(production: Settings) -> None:
    need_shipped_tiers()
    text = (ROOT / "docs" / "costs.md").read_text("utf-8")
    found = [compare(billed(in_region(production, region))) for region in ZONES]

    assert f"| | estimate | {' | '.join(ZONES)} |" in text
    for name, claimed in CLAIMED:
        figures = [f"{by_name(each)[name].computed:.2f}" for each in found]
        assert f"| {name} | {claimed:.2f} | {' | '.join(figures)} |" in text
    left = [sum(r.computed for r in each.rows if r.verdict == "left out") for each in found]
    assert f"| left out | | {' | '.join(f'{figure:.2f}' for figure in left)} |" in text
    sums = [f"{each.computed:.2f}" for each in found]
    assert f"| together | {found[0].claimed:.2f} | {' | '.join(sums)} |" in text
