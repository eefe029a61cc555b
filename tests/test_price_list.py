"""`make prices` reads AWS's price list in the form that AWS documents."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import build
from cfnlink import cli
from cfnlink.cost.bill import bill, bill_of
from cfnlink.prices import command
from cfnlink.prices.offer_file import read_offer
from cfnlink.prices.price_list import PriceList
from cfnlink.prices.selectors import Selector, selectors
from cfnlink.prices.table import prices
from cfnlink.system.folder import read
from templates.settings import load_environments
from tests.helpers import ROOT, changed, example, write_settings
from tests.price_list import (
    DATE,
    EXPECTED,
    MULTI,
    SUFFIXES,
    TERMS,
    VERSION,
    Host,
    long_file,
    offer_texts,
    serve,
)

MICRO = "db.t4g.micro"
TEXTS = offer_texts()
SELECTORS = {each.item: each for each in selectors([MICRO])}
MEGABYTE = 1_000_000


# Choices of the settings that need other prices.
OTHER_CHOICES = [
    ("network.egress", "nat"),
    ("network.egress", "endpoints"),
    ("service.cpu_architecture", "X86_64"),
    ("service.spot_percent", 50),
    ("database.multi_az", False),
    ("usage.database_term", "on-demand"),
    ("usage.database_term", "1y-no-upfront"),
    ("usage.database_term", "1y-all-upfront"),
    ("usage.backup_gb", 5.0),
    ("usage.data_out_gb", 500.0),
]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(
        command, "PriceList", lambda address, say: PriceList(address, (0.0, 0.0), say)
    )
    with serve(TEXTS) as served:
        yield served


def found(selector: Selector, texts: dict[str, str] = TEXTS) -> dict[str, Any] | None:
    """Return what a selector finds in the offer file of its offer."""
    (text,) = [text for path, text in texts.items() if f"/{selector.offer}/" in path]
    read = read_offer(io.StringIO(text), selector.offer, [selector])
    return read.rows.get(selector.item)


@pytest.mark.parametrize("item", EXPECTED)
def test_each_price_is_found_among_products_that_are_nearly_it(item: str) -> None:
    row = found(SELECTORS[item])

    assert row is not None
    assert row["price"] == EXPECTED[item][1]


@pytest.mark.parametrize("kind", ["single", "multi"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_reserved_price_is_that_of_an_hour(kind: str, suffix: str) -> None:
    upfront, hourly, price = TERMS[SUFFIXES[suffix]]
    row = found(SELECTORS[f"rds_pg_{MICRO}_{kind}{suffix}"])

    factor = MULTI if kind == "multi" else 1

    assert row is not None
    assert row["price"] == pytest.approx(price * factor, abs=1e-5)
    if upfront:
        assert row["upfront"] == float(upfront) * factor
        assert row["hourly"] == float(hourly) * factor


def test_volume_tiers_are_in_our_units() -> None:
    row = found(SELECTORS["apigw_rest_requests"])

    assert row is not None
    assert row["tiers"] == [[333, 3.5], [667, 3.19], [19000, 2.71], [None, 1.72]]


def test_every_selector_has_a_product_in_these_files() -> None:
    reserved = {f"rds_pg_{MICRO}_{k}{s}" for k in ("single", "multi") for s in SUFFIXES}

    assert set(SELECTORS) == set(EXPECTED) | reserved


def usages(offer: str) -> tuple[str, ...]:
    """Return every usage type of an offer file, without the region's prefix."""
    (text,) = [text for path, text in TEXTS.items() if f"/{offer}/" in path]
    rows = csv.DictReader(text.splitlines()[5:])
    return tuple(
        {row["usageType"].removeprefix("EUW3-").removeprefix("eu-west-3-") for row in rows}
    )


def loosened(selector: Selector) -> Iterator[tuple[str, Selector]]:
    """Yield the selector without each of its conditions, one at a time."""
    yield "usage", replace(selector, usage=usages(selector.offer))
    for column in selector.where:
        # A length of a contract stands in reserved terms only.
        if not (selector.hours and column == "TermType"):
            rest = {name: known for name, known in selector.where.items() if name != column}
            yield column, replace(selector, where=rest)
    if selector.per != 1:
        yield "per", replace(selector, per=1)
    if selector.tiers:
        yield "tiers", replace(selector, tiers=False)


LOOSENED = [
    pytest.param(selector, changed, id=f"{item} without {condition}")
    for item, selector in SELECTORS.items()
    for condition, changed in loosened(selector)
]


@pytest.mark.parametrize(("selector", "changed"), LOOSENED)
def test_no_condition_of_a_selector_can_go(selector: Selector, changed: Selector) -> None:
    assert found(selector) is not None
    assert found(changed) != found(selector)


@pytest.mark.parametrize(
    ("region", "prefix"),
    [("us-east-1", ""), ("us-east-1", "USE1-"), ("eu-west-1", "EU-"), ("eu-west-1", "EUW1-")],
)
def test_a_usage_type_is_found_behind_any_prefix_of_a_region(region: str, prefix: str) -> None:
    texts = offer_texts(region, prefix)

    for item, (_, price) in EXPECTED.items():
        row = found(SELECTORS[item], texts)
        assert row is not None, item
        assert row["price"] == price, item


@pytest.mark.parametrize(
    ("old", "new", "item"),
    [
        ("AWSSecretsManager-Secrets", "AWSSecretsManager-Secret", "secrets_manager_secret"),
        (
            "AWSSecretsManagerAPIRequest",
            "AWSSecretsManager-APIRequests",
            "secrets_manager_api",
        ),
    ],
)
def test_both_spellings_of_a_usage_type_are_one(old: str, new: str, item: str) -> None:
    texts = {path: text.replace(f"{old}", new) for path, text in TEXTS.items()}

    assert found(SELECTORS[item], texts) == found(SELECTORS[item])


def test_the_preferred_engine_of_two_counts() -> None:
    path = next(path for path in TEXTS if "AmazonRDS" in path)
    multi = [line for line in TEXTS[path].splitlines() if "Multi-AZ-GP3" in line]
    own = [line.replace('"Any"', '"PostgreSQL"').replace("0.266", "0.27") for line in multi]
    texts = {path: TEXTS[path] + "\n".join(own) + "\n"}

    assert found(SELECTORS["rds_gp3_multi"], texts)["price"] == 0.27  # type: ignore[index]


def test_two_products_of_other_prices_are_reported_not_guessed() -> None:
    selector = SELECTORS["alb_hour"]
    path = next(path for path in TEXTS if "AWSELB" in path)
    other = [
        line.replace('"EUW3-LoadBalancerUsage|', '"another|').replace("0.02646", "0.03")
        for line in TEXTS[path].splitlines()
        if "LoadBalancing:Application" in line and "0.02646" in line
    ]
    text = TEXTS[path] + "\n".join(other) + "\n"

    found = read_offer(io.StringIO(text), "AWSELB", [selector])

    assert found.rows == {}
    assert found.ambiguous == {"alb_hour": 2}


def run(host: Host, settings: Path, region: str = "eu-west-3") -> int:
    return cli.main(["prices", region, "--settings", str(settings), "--host", host.address])


def test_a_new_region_gets_all_prices_of_the_list(host: Host, tmp_path: Path) -> None:
    assert run(host, tmp_path) == 0

    found = prices("eu-west-3", tmp_path)
    for item, (_, price) in EXPECTED.items():
        assert found.of(item).amount == price
        assert found.of(item).as_of == DATE
        assert found.of(item).confidence == "list"
    content = yaml.safe_load((tmp_path / "prices" / "eu-west-3.yaml").read_text("utf-8"))
    assert content["region"] == "eu-west-3"
    assert content["sources"]["AmazonECS"] == {
        "where": f"{host.address}/offers/v1.0/aws/AmazonECS/current/eu-west-3/index.csv",
        "as_of": DATE,
        "kind": f"AWS price list, version {VERSION}",
    }


def test_a_selector_that_was_not_seen_marks_its_price(host: Host, tmp_path: Path) -> None:
    assert run(host, tmp_path) == 0

    item = f"rds_pg_{MICRO}_multi_ri_1y_partial_upfront"
    assert prices("eu-west-3", tmp_path).of(item).uncertain
    assert {item for item, each in SELECTORS.items() if each.assumed} == {
        item for item in SELECTORS if "_ri_" in item
    }


def test_with_its_prices_a_new_region_has_a_bill(host: Host, tmp_path: Path) -> None:
    """Calculated independently: 365 x 0.0389 + 730 x 0.0043, 730 x 0.0243, 730 x 0.02646."""
    project = (example() / "project.toml").read_text("utf-8")
    project = project.replace("us-east-1", "eu-west-3")
    project = project.replace("use1-az1", "euw3-az1").replace("use1-az2", "euw3-az3")
    production = (example() / "environments" / "production.toml").read_text("utf-8")
    write_settings(tmp_path, project, production=production)
    assert build.main(["--settings", str(tmp_path)]) == 0
    folder = tmp_path / "output" / "production"
    assert bill_of(read(folder)).no_prices

    assert run(host, tmp_path) == 0

    found = bill_of(read(folder))
    assert found.not_priced == ()
    for key, value in OTHER_CHOICES:
        other = build.build(changed(load_environments(tmp_path)[0], key, value))
        manifest = json.loads(other.files["manifest.json"])
        assert bill(other.system, manifest, tmp_path).not_priced == (), key
    assert found.sum(item="vCPU on demand") == 14.2
    assert found.sum(item="memory on demand") == 3.14
    assert found.sum(type="AWS::ElasticLoadBalancingV2::LoadBalancer", item="hours") == 19.32
    assert found.sum(item=f"{MICRO}, multi zone, 1y-partial-upfront") == 17.74


def test_the_classes_of_the_environments_are_read_too(host: Host, tmp_path: Path) -> None:
    project = (example() / "project.toml").read_text("utf-8")
    write_settings(tmp_path, project, big='[database]\ninstance_class = "db.m7g.large"\n')
    path = next(path for path in host.files if "AmazonRDS" in path)
    host.files[path] = host.files[path].replace(MICRO.encode(), b"db.m7g.large")

    assert run(host, tmp_path) == 0
    assert prices("eu-west-3", tmp_path).of("rds_pg_db.m7g.large_multi").amount == 0.036


def test_own_rows_stay_and_what_changed_is_reported(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "{price: 0.3, unit: h, source: [me], as_of: '2026-01-01', confidence: one}"
    (tmp_path / "prices").mkdir()
    file = tmp_path / "prices" / "us-east-1.yaml"
    file.write_text(
        f"sources: {{me: mine}}\nitems:\n  mine: {row}\n  alb_hour: {row}\n", "utf-8"
    )
    host.files |= {
        path.replace("eu-west-3", "us-east-1"): body for path, body in host.files.items()
    }

    assert run(host, tmp_path, "us-east-1") == 0

    said = capsys.readouterr().out
    assert "alb_hour: 0.3 -> 0.02646 per hour" in said
    assert "fargate_x86_vcpu: 0.04048 -> 0.0486 per vCPU-hour" in said
    content = yaml.safe_load(file.read_text("utf-8"))
    assert content["items"]["mine"]["price"] == 0.3
    assert content["sources"]["me"] == "mine"
    before = file.read_text("utf-8")
    assert run(host, tmp_path, "us-east-1") == 0
    assert file.read_text("utf-8") == before
    assert "0 prices changed" in capsys.readouterr().out


def test_prices_that_the_list_lacks_are_reported_and_kept(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(path for path in host.files if "AmazonECR" in path)
    head = host.files[path].splitlines()[:6]
    host.files[path] = b"\n".join(head) + b"\n"
    del host.files[next(path for path in host.files if "awskms" in path)]

    assert run(host, tmp_path) == 0
    (line,) = [row for row in capsys.readouterr().out.splitlines() if "left as they" in row]
    assert line.startswith("  not in the price list of this region, left as they were: rds_pg_")
    assert line.endswith(", ecr_storage, kms_key, kms_requests")


def test_a_terminal_shows_how_far_a_file_is(
    host: Host,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")

    assert run(host, tmp_path) == 0
    told = capsys.readouterr()
    assert "AmazonEC2" in told.err
    assert "kB" in told.err or "bytes" in told.err
    assert "AmazonEC2 of 2026-11-03: 2 prices\n" in told.out


@pytest.mark.parametrize("answer", [503, 429, b"half"])
def test_a_passing_failure_is_tried_again(host: Host, tmp_path: Path, answer: object) -> None:
    host.answers = [answer, answer]

    assert run(host, tmp_path) == 0
    assert prices("eu-west-3", tmp_path).of("fargate_arm_vcpu").amount == 0.0389
    assert [path for path in host.asked if "AmazonECS" in path] == host.asked[:3]


@pytest.mark.parametrize("answer", [500, b"half"])
def test_a_host_that_never_answers_whole_is_reported_once(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: object
) -> None:
    host.answers = [answer] * 99

    assert run(host, tmp_path) == 1

    *told, line = capsys.readouterr().err.splitlines()
    assert [text.startswith("AmazonECS: ") for text in told] == [True, True]
    assert all(text.endswith("; trying again in 0 s") for text in told)
    assert "/AmazonECS/current/eu-west-3/index.csv: " in line
    assert ", 3 times; fix: check the connection and HTTPS_PROXY" in line
    assert len(host.asked) == 3
    assert not (tmp_path / "prices").exists()


def test_a_host_that_is_not_there_is_reported_once(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve({}) as gone:
        address = gone.address
    code = cli.main(["prices", "eu-west-3", "--settings", str(tmp_path), "--host", address])

    assert code == 1
    *_, line = capsys.readouterr().err.splitlines()
    assert "no answer: " in line
    assert not (tmp_path / "prices").exists()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<html>log in</html>\n<p>to this network</p>", "not a price list file; expected five"),
        ("", "not a price list file; expected five lines of metadata, found ''"),
        ("{" * 1_000_000, "not a price list file; expected five lines of metadata"),
        ('"FormatVersion","v1.0"\n' * 5, "the file of None; expected AmazonECS"),
        (TEXTS["/offers/v1.0/aws/AWSELB/current/eu-west-3/index.csv"], "the file of AWSELB; "),
        (
            TEXTS["/offers/v1.0/aws/AmazonECS/current/eu-west-3/index.csv"].replace(
                '"usageType"', '"usage"'
            ),
            "without the column usageType",
        ),
        (
            TEXTS["/offers/v1.0/aws/AmazonECS/current/eu-west-3/index.csv"].replace(
                VERSION, "soon"
            ),
            "version 'soon'; expected a date such as",
        ),
        (
            TEXTS["/offers/v1.0/aws/AmazonECS/current/eu-west-3/index.csv"] + '"a","b"\n',
            "a line of 2 columns; expected 23",
        ),
        (
            TEXTS["/offers/v1.0/aws/AmazonECS/current/eu-west-3/index.csv"].replace(
                '"0.0389"', '"free"'
            ),
            "not a price list file",
        ),
    ],
)
def test_an_answer_that_is_not_the_file_is_reported(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, why: str
) -> None:
    host.answers = [body]

    assert run(host, tmp_path) == 1

    (line,) = capsys.readouterr().err.splitlines()
    url = f"{host.address}/offers/v1.0/aws/AmazonECS/current/eu-west-3/index.csv"
    assert line.startswith(f"{url}: {why}")
    assert len(line) < 400
    # The other files were read.
    assert prices("eu-west-3", tmp_path).of("alb_hour").amount == 0.02646


def test_a_region_that_aws_does_not_have_is_reported(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(host, tmp_path, "eu-west-33") == 1
    assert capsys.readouterr().err == (
        f"{host.address} has no prices of eu-west-33; expected a region of AWS such as "
        "eu-west-3\n"
    )
    assert not (tmp_path / "prices").exists()


@pytest.mark.parametrize(
    "arguments", [["../../etc"], ["eu-west-3", "--host", "file:///etc"], ["Paris"]]
)
def test_an_invalid_region_or_host_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["prices", *arguments]) == 2
    assert "expected " in capsys.readouterr().err


def test_a_price_file_that_is_wrong_is_not_replaced(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prices").mkdir()
    file = tmp_path / "prices" / "eu-west-3.yaml"
    file.write_text("items: [", "utf-8")

    assert run(host, tmp_path) == 2
    assert capsys.readouterr().err.startswith(f"{file}: not readable as YAML")
    assert (file.read_text("utf-8"), host.asked) == ("items: [", [])


# A program counts the memory of the one that started it as its own peak, until it is loaded:
# so a small one starts it.
MEASURE = """
import os, subprocess, sys
started = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(started.pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_memory(host: Host, settings: Path) -> int:
    """Return the peak memory of the command, in bytes."""
    arguments = ["eu-west-3", "--settings", str(settings), "--host", host.address]
    command = [sys.executable, "-m", "cfnlink", "prices", *arguments]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)


EC2 = "/offers/v1.0/aws/AmazonEC2/current/eu-west-3/index.csv"


@pytest.mark.long
def test_a_longer_file_takes_no_more_memory(host: Host, tmp_path: Path) -> None:
    before = peak_memory(host, tmp_path)
    host.long_files[EC2] = long_file(TEXTS[EC2], 40 * MEGABYTE)

    assert peak_memory(host, tmp_path) < before + 10 * MEGABYTE
    assert prices("eu-west-3", tmp_path).of("nat_gateway_hour").amount == 0.05


@pytest.mark.long
def test_the_file_of_ec2_is_read_in_less_than_200_megabytes(host: Host, tmp_path: Path) -> None:
    host.long_files[EC2] = long_file(TEXTS[EC2], 350 * MEGABYTE)
    assert len(host.long_files[EC2]) > 350 * MEGABYTE

    assert peak_memory(host, tmp_path) < 200 * MEGABYTE
    assert prices("eu-west-3", tmp_path).of("nat_gateway_hour").amount == 0.05
