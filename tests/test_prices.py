"""Each region has prices with source and date; a user's prices replace them."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from cfnlink import next_command
from cfnlink.aws.catalogue import PRICES
from cfnlink.prices.table import NoPricesError, PriceError, _fault, prices
from cfnlink.system.folder import UnusableError, settings_folder

SOURCES = yaml.load((PRICES / "sources.yaml").read_bytes(), Loader=yaml.CSafeLoader)
FILES = sorted(set(PRICES.glob("*.yaml")) - {PRICES / "sources.yaml"})
# ARM vCPU, ARM GB and load balancer by the hour; Multi-AZ db.t4g.micro and a GB of its
# storage; a GB of logs; a GB out.
FIGURES = {
    "us-east-1": (0.03238, 0.00356, 0.0225, 0.032, 0.23, 0.5, 0.09),
    "us-west-2": (0.03238, 0.00356, 0.0225, 0.032, 0.23, 0.5, 0.09),
    "ca-central-1": (0.03565, 0.00389, 0.02475, 0.035, 0.254, 0.55, 0.09),
    "sa-east-1": (0.0557, 0.00612, 0.034, 0.069, 0.438, 0.9, 0.15),
    "eu-west-1": (0.03238, 0.00356, 0.0252, 0.035, 0.254, 0.57, 0.09),
    "eu-west-2": (0.03725, 0.00409, 0.02646, 0.036, 0.266, 0.5985, 0.09),
    "eu-central-1": (0.03725, 0.00409, 0.027, 0.037, 0.274, 0.63, 0.09),
    "ap-south-1": (0.02383, 0.00261, 0.0239, 0.042, 0.262, 0.67, 0.1093),
    "ap-southeast-1": (0.04045, 0.00442, 0.0252, 0.051, 0.276, 0.7, 0.12),
    "ap-southeast-2": (0.03885, 0.00426, 0.0252, 0.051, 0.276, 0.67, 0.114),
    "ap-northeast-1": (0.04045, 0.00442, 0.0243, 0.05, 0.276, 0.76, 0.114),
    "ap-northeast-2": (0.03725, 0.00409, 0.0225, 0.051, 0.262, 0.76, 0.126),
}
ITEMS = (
    "fargate_arm_vcpu",
    "fargate_arm_memory",
    "alb_hour",
    "rds_pg_db.t4g.micro_multi",
    "rds_gp3_multi",
    "cw_logs_ingest",
    "data_transfer_out_internet",
)
ROW = "{price: 9.5, unit: hour, source: [list], as_of: '2026-11-01', confidence: list}"


def own_prices(folder: Path, region: str, text: str) -> Path:
    """Return a settings folder with its own price file."""
    (folder / "prices").mkdir()
    (folder / "prices" / f"{region}.yaml").write_text(textwrap.dedent(text), "utf-8")
    return folder


@pytest.mark.parametrize("region", FIGURES)
def test_twelve_regions_have_the_prices_that_were_read(region: str) -> None:
    found = prices(region)

    assert tuple(found.of(item).amount for item in ITEMS) == FIGURES[region]
    assert found.of("route53_hosted_zone").amount == 0.5
    assert found.of("apigw_vpc_link_v2").amount == 0.0


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_every_shipped_fact_has_a_source_and_a_confidence(file: Path) -> None:
    content = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)

    for row in rows(content):
        assert set(row["source"]) <= set(SOURCES["sources"]), row
        assert row["confidence"] in SOURCES["confidence_levels"], row
        assert row["source"] or row["confidence"] in ("known", "derived"), row


def rows(node: Any) -> list[dict[str, Any]]:
    """Yield every mapping below a node that names its source."""
    if isinstance(node, dict):
        return [node] if "source" in node else [r for v in node.values() for r in rows(v)]
    return [r for v in node for r in rows(v)] if isinstance(node, list) else []


@pytest.mark.parametrize("region", [*FIGURES, "global"])
def test_every_shipped_row_is_as_a_user_has_to_write_it(region: str) -> None:
    content = yaml.load((PRICES / f"{region}.yaml").read_bytes(), Loader=yaml.CSafeLoader)

    assert content["region"] == region
    assert [fault for row in content["items"].values() if (fault := _fault(row))] == []


def test_a_reserved_price_is_that_of_its_two_parts() -> None:
    """An hour of a year costs upfront / 8760 + hourly; three years have 26,280 hours."""
    content = yaml.load((PRICES / "eu-central-1.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    parts = {name: row for name, row in content["items"].items() if "upfront" in row}

    assert len(parts) == 12
    for name, row in parts.items():
        hours = 26_280 if "_3y_" in name else 8_760
        assert row["price"] == pytest.approx(row["upfront"] / hours + row["hourly"], abs=6e-5)


def test_a_region_without_prices_names_the_command() -> None:
    fix = re.escape(next_command.prices("eu-west-3", None))
    with pytest.raises(NoPricesError, match=f"no prices for eu-west-3: run {fix}"):
        prices("eu-west-3")


def test_an_item_without_a_price_names_the_command_and_the_file() -> None:
    with pytest.raises(PriceError, match="no price of nlb_hour in us-west-2") as raised:
        prices("us-west-2").of("nlb_hour")

    command = next_command.prices("us-west-2", None)
    file = "prices/us-west-2.yaml"
    assert raised.value.fix == f"run {command}, or add a row nlb_hour to {file}"


def test_a_users_prices_go_over_the_shipped_ones_item_by_item(tmp_path: Path) -> None:
    folder = own_prices(tmp_path, "us-east-1", f"items:\n  alb_hour: {ROW}\n")
    found = prices("us-east-1", folder)

    assert (found.of("alb_hour").amount, found.of("alb_hour").as_of) == (9.5, "2026-11-01")
    assert found.of("alb_lcu") == prices("us-east-1").of("alb_lcu")
    assert prices("us-west-2", folder).of("alb_hour").amount == 0.0225


def test_a_users_file_makes_a_region_known(tmp_path: Path) -> None:
    folder = own_prices(tmp_path, "eu-west-3", f"items:\n  alb_hour: {ROW}\n")
    found = prices("eu-west-3", folder)

    assert found.of("alb_hour").amount == 9.5
    assert found.of("route53_hosted_zone").amount == 0.5  # the same in every region
    with pytest.raises(PriceError, match="fargate_arm_vcpu in eu-west-3"):
        found.of("fargate_arm_vcpu")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    folder = own_prices(tmp_path, "us-east-1", f"items:\n  alb_hour: {ROW}\n")
    assert prices("us-east-1", folder).of("alb_hour").amount == 9.5

    file = folder / "prices" / "us-east-1.yaml"
    file.write_text(f"items:\n  alb_hour: {ROW.replace('9.5', '7.25')}\n\n", "utf-8")

    assert prices("us-east-1", folder).of("alb_hour").amount == 7.25


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("items: [", "not readable as YAML"),
        ("- a", "expected a mapping with the key items"),
        ("items: 5", "expected a mapping with the key items"),
        ("items: {alb_hour: 0.03}", "alb_hour: not a row; expected {price: ..., unit"),
        ("items: {alb_hour: {price: 1, unit: h}}", "alb_hour: without source, as_of, conf"),
        (f"items: {{x: {ROW.replace('9.5', '-1')}}}", "x: price -1; expected a number, 0 or"),
        (f"items: {{x: {ROW.replace('9.5', '.inf')}}}", "x: price inf; expected a number"),
        (f"items: {{x: {ROW.replace('9.5', 'yes')}}}", "x: price True; expected a number"),
        (f"items: {{x: {ROW.replace('[list]', 'list')}}}", "x: source 'list'; expected a l"),
        (f"items: {{x: {ROW[:-1]}, tiers: [[5, 1]]}}}}", r"x: tiers \[\[5, 1\]\]; expected"),
        (f"items: {{x: {ROW[:-1]}, tiers: [[5]]}}}}", r"x: tiers \[\[5\]\]; expected a list"),
    ],
)
def test_a_price_file_that_is_wrong_is_reported_with_its_row(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(UnusableError, match=rf"prices/us-east-1.yaml: .*{why}"):
        prices("us-east-1", own_prices(tmp_path, "us-east-1", text))


def test_the_settings_folder_is_the_nearest_one_with_a_project_file(tmp_path: Path) -> None:
    output = tmp_path / "acme" / "output" / "production"
    output.mkdir(parents=True)
    assert settings_folder(output) != tmp_path / "acme"

    (tmp_path / "acme" / "project.toml").write_text("", "utf-8")
    (tmp_path / "project.toml").write_text("", "utf-8")

    assert settings_folder(output) == tmp_path / "acme"
    assert settings_folder(tmp_path) == tmp_path
