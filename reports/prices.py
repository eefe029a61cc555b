"""Prices as data: `reports/prices.yaml`, and how to renew it from AWS.

`python -m reports.prices refresh --region REGION` reads the AWS Price List API with the
account that the AWS CLI uses, and writes the same file.
"""

import argparse
import sys
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("prices.yaml")
EVERYWHERE = "global"
# What was found in one place only, was computed, or is remembered, is marked in a bill.
UNCERTAIN = ("one", "derived", "known")


class PriceError(Exception):
    """A price that is not known; the text says how to get it."""


@dataclass(frozen=True)
class Price:
    """What AWS charges for one unit, in USD, with where and when it was read."""

    amount: float
    unit: str
    source: str
    as_of: str
    confidence: str
    tiers: tuple[tuple[float | None, float], ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether it was found in fewer than two places."""
        return self.confidence in UNCERTAIN


@dataclass(frozen=True)
class Prices:
    """The prices of one region."""

    region: str
    items: dict[str, Any]
    hours_per_month: float

    def of(self, item: str) -> Price:
        """One price. Raises PriceError where it is not known."""
        found = self.items.get(item)
        if found is None:
            raise PriceError(
                f"{FILE.name}: {item} has no price in {self.region}; run "
                f"`python -m reports.prices refresh --region {self.region}`, or add it by hand"
            )
        return Price(
            float(found["price"]),
            str(found["unit"]),
            ", ".join(map(str, found["source"])) or "none",
            str(found["as_of"]),
            str(found["confidence"]),
            tuple((most, amount) for most, amount in found.get("tiers", ())),
        )


@cache
def _content(file: Path) -> dict[str, Any]:
    with file.open("rb") as text:
        return dict(yaml.load(text, Loader=yaml.CSafeLoader))


def prices(region: str, file: Path = FILE) -> Prices:
    """The prices of a region. Raises PriceError where none are known."""
    content = _content(file)
    regions = content["regions"]
    if region not in regions or region == EVERYWHERE:
        known = ", ".join(sorted(set(regions) - {EVERYWHERE}))
        raise PriceError(
            f"{file.name}: no prices for {region} (there are {known}); run "
            f"`python -m reports.prices refresh --region {region}` with an AWS account"
        )
    items = regions[EVERYWHERE] | regions[region]
    return Prices(region, items, float(content["hours_per_month"]))


@dataclass(frozen=True)
class Query:
    """How the Price List API names an item: service, usage type behind the region's
    prefix, and further attributes."""

    service: str
    usage: str
    attributes: dict[str, str]


def _queries() -> dict[str, Query]:
    """Each item that the Price List has, by its usage type.

    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
    """
    plain = {
        "fargate_x86_vcpu": ("AmazonECS", "Fargate-vCPU-Hours:perCPU"),
        "fargate_x86_memory": ("AmazonECS", "Fargate-GB-Hours"),
        "fargate_arm_vcpu": ("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU"),
        "fargate_arm_memory": ("AmazonECS", "Fargate-ARM-GB-Hours"),
        "fargate_ephemeral_storage": ("AmazonECS", "Fargate-EphemeralStorage-GB-Hours"),
        "public_ipv4": ("AmazonVPC", "PublicIPv4:InUseAddress"),
        "nat_gateway_hour": ("AmazonEC2", "NatGateway-Hours"),
        "nat_gateway_data": ("AmazonEC2", "NatGateway-Bytes"),
        "vpc_interface_endpoint_hour": ("AmazonVPC", "VpcEndpoint-Hours"),
        "vpc_interface_endpoint_data": ("AmazonVPC", "VpcEndpoint-Bytes"),
        "apigw_rest_requests": ("AmazonApiGateway", "ApiGatewayRequest"),
        "rds_gp3_single": ("AmazonRDS", "RDS:GP3-Storage"),
        "rds_gp3_multi": ("AmazonRDS", "RDS:Multi-AZ-GP3-Storage"),
        "cw_logs_ingest": ("AmazonCloudWatch", "DataProcessing-Bytes"),
        "cw_logs_storage": ("AmazonCloudWatch", "TimedStorage-ByteHrs"),
        "cw_alarm_standard": ("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
        "cw_custom_metric": ("AmazonCloudWatch", "CW:MetricMonitorUsage"),
        "secrets_manager_secret": ("AWSSecretsManager", "AWSSecretsManager-Secrets"),
        "ecr_storage": ("AmazonECR", "TimedStorage-ByteHrs"),
    }
    queries = {item: Query(service, usage, {}) for item, (service, usage) in plain.items()}
    for item, usage in (("alb_hour", "LoadBalancerUsage"), ("alb_lcu", "LCUUsage")):
        queries[item] = Query("AWSELB", usage, {"productFamily": "Load Balancer-Application"})
    engine = {"databaseEngine": "PostgreSQL"}
    for size in ("micro", "small", "medium", "large"):
        for kind, usage in (("single", "InstanceUsage"), ("multi", "Multi-AZUsage")):
            name = f"db.t4g.{size}"
            queries[f"rds_pg_{name}_{kind}"] = Query("AmazonRDS", f"{usage}:{name}", engine)
    return queries


def refresh(region: str, today: date, client: Any, file: Path = FILE) -> list[str]:
    """Renew the prices of a region in the file; the items that AWS did not answer.

    `client` is boto3's for the Price List API ("pricing"). Items that the API does not
    carry (Spot, reservations, what is free) keep what they say.
    """
    content = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    items = content["regions"].setdefault(region, {})
    content["sources"]["pricelist"] = {
        "where": "AWS Price List API",
        "as_of": today.isoformat(),
        "kind": "read by python -m reports.prices refresh",
    }
    missing = []
    for item, query in _queries().items():
        amount = _ask(client, region, query)
        if amount is None:
            missing.append(item)
            continue
        kept = items.get(item, {"unit": "as AWS bills it"})
        kept.pop("tiers", None)
        items[item] = kept | {
            "price": amount,
            "source": ["pricelist"],
            "as_of": today.isoformat(),
            "confidence": "two",
        }
    head = "".join(
        f"{line}\n" for line in file.read_text("utf-8").splitlines() if line[:1] == "#"
    )
    body = yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False, width=140)
    file.write_text(head + body, "utf-8")
    _content.cache_clear()
    return missing


def _ask(client: Any, region: str, query: Query) -> float | None:
    """The on-demand price of the first tier, or None where AWS lists no such product."""
    import json  # noqa: PLC0415 (refreshing is rare)

    filters = {"regionCode": region, **query.attributes}
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=query.service,
        Filters=[
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in filters.items()
        ],
    )
    for page in pages:
        for text in page["PriceList"]:
            product = json.loads(text)
            usage = product["product"]["attributes"].get("usagetype", "")
            if usage == query.usage or usage.endswith(f"-{query.usage}"):
                return _first_tier(product)
    return None


def _first_tier(product: dict[str, Any]) -> float:
    (term,) = product["terms"]["OnDemand"].values()
    tiers = sorted(term["priceDimensions"].values(), key=lambda tier: float(tier["beginRange"]))
    paid = [float(tier["pricePerUnit"]["USD"]) for tier in tiers]
    return next((amount for amount in paid if amount), 0.0)


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 renewed, 1 AWS did not answer, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m reports.prices", description=__doc__)
    parser.add_argument("command", choices=["refresh"])
    parser.add_argument("--region", required=True)
    options = parser.parse_args(arguments)
    import boto3  # noqa: PLC0415 (only this command talks to AWS)
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        # The Price List API answers in few regions, for all of them.
        client = boto3.client("pricing", region_name="us-east-1")  # type: ignore[no-untyped-call]
        missing = refresh(options.region, date.today(), client)  # noqa: DTZ011 (a day, not a moment)
    except (BotoCoreError, ClientError) as error:
        print(
            f"AWS did not answer: {error}; try `aws sts get-caller-identity`", file=sys.stderr
        )
        return 1
    print(f"{FILE}: {options.region} renewed")
    for item in missing:
        print(f"  {item}: not in the price list, left as it was")
    return 0


if __name__ == "__main__":
    sys.exit(main())
