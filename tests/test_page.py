"""The page is complete, deterministic, safe against its content, and accessible."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, sync_playwright

from build import build, write
from cfnlink import cli, next_command
from cfnlink.cost.bill import bill_of
from cfnlink.lint import cache
from cfnlink.page import command
from cfnlink.page.addresses import addresses
from cfnlink.page.alarms import alarms
from cfnlink.page.command import render
from cfnlink.page.links import linked
from cfnlink.page.model import Model, Named, anchor
from cfnlink.page.traffic import flows
from cfnlink.system.folder import Folder, read
from cfnlink.system.link import link
from templates.settings import Settings
from tests.helpers import ROOT, changed, example_output
from tests.tools import need

PRODUCTION = example_output()
AWKWARD = "</svg></style><script>alert(1)</script>\"'&{{ 7 * 7 }}"


class Parsed(HTMLParser):
    """The ids and links of a page, its tags, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name == "href" and tag == "a"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def folder(path: Path, *templates: dict[str, Any], **manifest: Any) -> Folder:
    """Return a folder of another project: JSON templates under other names."""
    path.mkdir(exist_ok=True)
    stacks = []
    for number, template in enumerate(templates):
        (path / f"t{number}.json").write_text(json.dumps(template), "utf-8")
        entry = {"tier": f"t{number}", "name": f"stack-{number}", "template": f"t{number}.json"}
        stacks.append(entry)
    (path / "manifest.json").write_text(json.dumps({"stacks": stacks, **manifest}), "utf-8")
    return read(path)


def resources(**bodies: Any) -> dict[str, Any]:
    """Return a template of these resources: Name=("AWS::...", {properties})."""
    return {
        "Resources": {
            name: {"Type": kind, "Properties": properties}
            for name, (kind, properties) in bodies.items()
        }
    }


@pytest.fixture(scope="module")
def production() -> str:
    return render(read(PRODUCTION), [])


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of production with a misspelt import, written by the command."""
    path = tmp_path_factory.mktemp("page")
    copy = shutil.copytree(PRODUCTION, path / "production")
    spoilt = (copy / "api.yaml").read_text("utf-8").replace("-network-Vpc\n", "-network-Vcp\n")
    (copy / "api.yaml").write_text(spoilt, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "kept_in", lambda _: path / "kept")
        assert (
            cli.main(["page", str(copy), "--output", str(path), "--today", "2026-11-24"]) == 0
        )
    return path / "production" / "index.html"


def test_the_same_templates_make_the_same_bytes(production: str) -> None:
    assert render(read(PRODUCTION), []) == production


@pytest.mark.parametrize("environment", ["production", "staging", "development"])
def test_every_resource_export_and_import_stands_there_once(environment: str) -> None:
    model = Model(read(example_output(environment)))
    ids = Counter(Parsed(render(model.folder, [])).ids)
    html = render(model.folder, [])

    for stack in model.stacks:
        for name in stack.template["Resources"]:
            assert ids[anchor("resource", stack.tier, name)] == 1
        for name in stack.template.get("Outputs", {}):
            assert ids[anchor("export", stack.tier, name)] == 1
    exports = {each.export: (each.exporter, each.output) for each in model.system.links}
    imports = {(each.export, each.tier) for each in model.system.links}
    articles = html.split("<article ")[1:]
    for stack, article in zip(model.stacks, articles, strict=True):
        for export, (exporter, output) in exports.items():
            row = f'<code><a href="#{anchor("export", exporter, output)}">{export}</a>'
            assert article.count(row) == ((export, stack.tier) in imports)


def test_every_link_leads_somewhere_and_every_id_is_its_own(broken: Path) -> None:
    parsed = Parsed(broken.read_text("utf-8"))

    assert {link[1:] for link in parsed.links} <= set(parsed.ids)
    assert all(link.startswith("#") for link in parsed.links)
    assert max(Counter(parsed.ids).values()) == 1


def test_nothing_comes_from_outside(production: str) -> None:
    assert not {"script", "img", "iframe", "object"} & set(Parsed(production).tags)
    for word in ("url(", "@import", " src=", 'href="http'):
        assert word not in production


def test_resources_lead_to_their_python_line(production: str) -> None:
    lines = (ROOT / "templates" / "database.py").read_text("utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "DBInstance(" in text)

    row = production.split('<tr id="resource.database.Instance">')[1].split(
        "</tr>", maxsplit=1
    )[0]

    assert f"templates/database.py:{line}" in row
    assert "AWS::RDS::DBInstance" in row


def test_a_planted_finding_appears_with_its_source_line(broken: Path) -> None:
    lines = (ROOT / "templates" / "api.py").read_text("utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "network.vpc" in text)

    html = broken.read_text("utf-8").split('<section id="findings"')[1]

    assert "E9001" in html
    assert "no stack exports shop-production-network-Vcp" in html
    assert f"<code>templates/api.py:{line}</code>" in html
    assert 'href="#resource.api.SecurityGroup"' in html


def test_the_page_shows_the_address_of_the_api(production: str) -> None:
    development = Parsed(render(read(example_output("development")), []))

    assert "API: https://api.example.com Total per month" in Parsed(production).text
    assert (
        "API: https://API_ID.execute-api.us-east-1.amazonaws.com/gateway-stage "
        "AWS chooses API_ID: "
        "the output Url of shop-development-api has it after the deployment"
    ) in development.text
    assert "#export.api.Url" in development.links


def test_the_page_names_the_paths_that_every_caller_may_use(
    environments: dict[str, Settings], tmp_path: Path, production: str
) -> None:
    paths = {"/webhooks/{proxy+}": {"key": False}, "/reports": {"timeout_seconds": 5}}
    write(build(changed(environments["development"], "api.paths", paths)), tmp_path)

    shown = Parsed(render(read(tmp_path / "development"), [])).text

    assert "Every caller may use /webhooks/{proxy+} ( ApiMethodWebhooksProxy" in shown
    assert "Every caller may use" not in Parsed(production).text


def test_addresses_of_other_apis(tmp_path: Path) -> None:
    """HTTP and WebSocket APIs, a path below a domain, and an endpoint that is closed."""
    http, rest = "AWS::ApiGatewayV2", "AWS::ApiGateway"
    template = resources(
        Http=(f"{http}::Api", {"ProtocolType": "HTTP"}),
        HttpStage=(f"{http}::Stage", {"ApiId": {"Ref": "Http"}, "StageName": "$default"}),
        Chat=(f"{http}::Api", {"ProtocolType": "WEBSOCKET"}),
        ChatStage=(f"{http}::Stage", {"ApiId": {"Ref": "Chat"}, "StageName": "v1"}),
        Rest=(f"{rest}::RestApi", {}),
        Name=(f"{rest}::DomainName", {"DomainName": "api.other.example"}),
        Map=(
            f"{rest}::BasePathMapping",
            {"DomainName": {"Ref": "Name"}, "BasePath": "v2", "RestApiId": {"Ref": "Rest"}},
        ),
        Closed=(f"{rest}::RestApi", {"DisableExecuteApiEndpoint": True}),
        Stage=(f"{rest}::Stage", {"RestApiId": {"Ref": "Closed"}, "StageName": "live"}),
    )
    found = addresses(Model(folder(tmp_path / "a", template, region="cn-north-1")))

    assert [each.url for each in found] == [
        "https://api.other.example/v2",
        "https://API_ID.execute-api.cn-north-1.amazonaws.com.cn",
        "wss://API_ID.execute-api.cn-north-1.amazonaws.com.cn/v1",
    ]
    assert {each.known_by for each in found} == {None}


def test_the_bill_is_that_of_make_cost(production: str) -> None:
    found, text = bill_of(read(PRODUCTION)), Parsed(production).text

    assert f"Total per month {found.total:,.2f} USD" in text
    assert found.budget is not None
    assert f"Budget {found.budget:,.2f} USD {found.budget - found.total:,.2f} left" in text
    for line in (line for line in found.lines if line.per_month):
        formula = line.formula.replace(" x ", " \N{MULTIPLICATION SIGN} ")
        assert f"{line.resource} {line.item} {formula} " in text
    for name in found.usage:
        assert f" {name} " in text


def test_prices_that_are_old_on_a_day_are_marked(production: str) -> None:
    later = render(read(PRODUCTION), [], date(2050, 1, 1))

    assert later.count(">old<") > len(bill_of(read(PRODUCTION)).lines) / 2
    assert ">old<" not in production


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("eu-west-3", f"no prices for eu-west-3: run {next_command.prices('eu-west-3', None)}"),
        (None, "no prices: manifest.json names no region"),
    ],
)
def test_a_region_without_prices_is_reported(
    tmp_path: Path, region: str | None, why: str
) -> None:
    vpc = resources(Thing=("AWS::EC2::VPC", {}))
    stranger = folder(tmp_path / "a", vpc, region=region, monthly_budget_usd=50)

    text = Parsed(render(stranger, [])).text

    assert f"There is no bill: {why}" in text
    assert "Total per month unknown Budget 50.00 USD" in text
    assert "Thing" in text


def test_a_type_without_a_price_is_reported_and_the_rest_billed(tmp_path: Path) -> None:
    zone, queue = "AWS::Route53::HostedZone", "AWS::IoT::Thing"
    template = resources(Zone=(zone, {}), Jobs=(queue, {}), Done=(queue, {}))
    stranger = folder(tmp_path / "a", template, region="us-east-1", prices={"T0Done": 0.25})

    html = render(stranger, [])
    text = Parsed(html).text

    assert "Total per month at least 0.75 USD" in text
    assert "<title>a: at least 0.75 USD a month</title>" in html
    assert "T0Jobs AWS::IoT::Thing AWS::IoT::Thing has no row in cfnlink/aws/types" in text
    assert '<span class="tag bad">not priced</span>' in html
    assert "T0Done own price [prices] T0Done your price fixed 0.25" in text
    assert "your price stated in [prices]" in text


def test_what_no_meter_expects_does_not_prevent_the_page(tmp_path: Path) -> None:
    stranger = folder(
        tmp_path / "a",
        {
            "Resources": {
                "B": {"Type": "AWS::Logs::LogGroup", "Properties": [1]},
                "C": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": 1}},
                "D": {"Type": "AWS::EC2::SecurityGroup", "Properties": "x"},
            },
            "Outputs": {},
        },
        region="us-east-1",
        tags=[],
    )

    assert "at least 0.00 USD" in Parsed(render(stranger, [])).text


def test_awkward_names_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    template = resources(**{AWKWARD: ("AWS::EC2::VPC", {"CidrBlock": AWKWARD})})
    template["Outputs"] = {AWKWARD: {"Value": "x", "Export": {"Name": AWKWARD}}}
    template["Parameters"] = {AWKWARD: {"Type": AWKWARD, "Default": AWKWARD}}
    template["Description"] = "\x00\ud800"
    path = folder(tmp_path / "a", template, project=AWKWARD, usage={AWKWARD: 1}).path

    assert cli.main(["page", str(path), "--output", str(tmp_path)]) == 0

    parsed = Parsed((path / "index.html").read_text("utf-8"))
    assert "script" not in parsed.tags
    assert AWKWARD in "".join(parsed.texts)
    assert {link[1:] for link in parsed.links} <= set(parsed.ids)
    assert max(Counter(parsed.ids).values()) == 1


def test_a_stack_with_a_transform_is_shown_with_what_is_known(tmp_path: Path) -> None:
    template = {"Transform": "AWS::Serverless-2016-10-31"} | resources(F=("X::Y::Z", {}))

    text = Parsed(render(folder(tmp_path / "a", template, region="us-east-1"), [])).text

    assert "This stack has a Transform" in text
    assert "X::Y::Z" in text


def rule(**fields: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80} | fields


def test_both_ends_of_traffic_are_put_side_by_side(tmp_path: Path) -> None:
    group, port = "AWS::EC2::SecurityGroup", {"Ref": "Server"}
    closed = {"SecurityGroupEgress": [rule(CidrIp="255.255.255.255/32", IpProtocol="-1")]}
    template = resources(
        Client=(group, {}),  # open outwards, by AWS's default
        Worker=(group, closed),
        Server=(group, closed),
        Enter=(f"{group}Ingress", rule(GroupId=port, SourceSecurityGroupId={"Ref": "Client"})),
        Half=(f"{group}Ingress", rule(GroupId=port, SourceSecurityGroupId={"Ref": "Worker"})),
        Away=(
            f"{group}Egress",
            rule(GroupId={"Ref": "Worker"}, DestinationSecurityGroupId="sg-1", ToPort=90),
        ),
    )
    found = flows(Model(folder(tmp_path / "a", template)))

    assert [(f.source.text, f.target.text, f.ports, f.ends) for f in found] == [
        ("T0Client", "anywhere (0.0.0.0/0)", "everything", "one end is enough"),
        ("T0Client", "T0Server", "tcp 80", "both ends"),
        ("T0Worker", "T0Server", "tcp 80", "only the way in"),
        ("T0Worker", "sg-1", "tcp 80 to 90", "the other end is elsewhere"),
        ("T0Worker", "no address (255.255.255.255/32)", "everything", "no egress"),
        ("T0Server", "no address (255.255.255.255/32)", "everything", "no egress"),
    ]


def test_alarms_are_reported_in_words(tmp_path: Path) -> None:
    alarm = "AWS::CloudWatch::Alarm"
    template = resources(
        Busy=(
            alarm,
            {
                "AlarmDescription": "It is busy.",
                "Namespace": "AWS/ECS",
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "Service", "Value": {"Fn::GetAtt": ["Busy", "Name"]}}],
                "Statistic": "Average",
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 3221225472,
                "Period": 300,
                "EvaluationPeriods": 3,
            },
        ),
        Rate=(
            alarm,
            {
                "Metrics": [
                    {"Id": "rate", "Expression": "a / b"},
                    {"Id": "a", "MetricStat": {"Period": 86400}},
                ],
                "ComparisonOperator": "LessThanOrEqualToThreshold",
                "Threshold": 0.5,
                "EvaluationPeriods": 5,
                "DatapointsToAlarm": 2,
            },
        ),
        Both=("AWS::CloudWatch::CompositeAlarm", {"AlarmRule": "ALARM(a)"}),
    )

    busy, rate, both = alarms(Model(folder(tmp_path / "a", template)))

    assert (busy.metric, busy.condition) == (
        "AWS/ECS CPUUtilization",
        "Average above 3,221,225,472",
    )
    assert busy.duration == "3 periods of 5 minutes in a row"
    assert busy.dimensions == (("Service", Named("T0Busy.Name", "resource.t0.Busy")),)
    assert (rate.metric, rate.condition) == ("a / b", "value at or below 0.5")
    assert rate.duration == "2 of 5 periods of 1 day"
    assert (both.metric, both.condition) == ("other alarms", "ALARM(a)")


def test_drawn_resources_lead_to_their_rows() -> None:
    system = link(read(PRODUCTION).stacks())
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><text>free</text>'
        '<g data-resource="NetworkVpc"><g data-resource="NetworkS3Endpoint"><rect/>'
        '<g data-resource="ApiStage"><text>stage</text></g><path/></g></g>'
        '<g data-resource="Unknown"><rect/></g></svg>'
    )

    found = Parsed(linked(svg, system.resources))

    assert found.links == [
        "#resource.network.Vpc",
        "#resource.api.Stage",
        "#resource.network.Vpc",
    ]
    assert found.tags.count("a") == 3


def test_the_picture_of_production_has_its_links(production: str) -> None:
    picture = production.split("<svg", 1)[1].split("</svg>", maxsplit=1)[0]

    assert "#resource.database.Instance" in Parsed(picture).links
    assert "#resource.service.Service" in Parsed(picture).links


def test_unusable_input_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"  # no folder beside it has a manifest that could be meant

    assert cli.main(["page", str(empty)]) == 2

    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{empty}/manifest.json: there is no such file\n")


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(command, "check_all", lambda folders: [[] for _ in folders])

    assert cli.main(["page", str(PRODUCTION), "--output", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path}/file/production/index.html: not written: Not a directory\n"
    )


# --- in a browser ---------------------------------------------------------------------------

PAPER = 703  # the width of A4 in pixels, without its margins
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OUT_OF_REACH = """[...document.querySelectorAll("*")].filter(
    (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === "auto"
        && e.tabIndex < 0 && !e.querySelector("a")
).length"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    program = need("browser")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=program,
            args=QUIET,
            reduced_motion="reduce",
        )
        yield context
        context.close()


@pytest.fixture
def opened(browser: BrowserContext, broken: Path) -> Iterator[tuple[Page, list[str]]]:
    """Open the page as a user does; return the browser's errors and requests."""
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url))
    page.goto(broken.as_uri())
    yield page, said
    page.close()


def test_it_opens_without_complaint_or_network(
    opened: tuple[Page, list[str]], broken: Path
) -> None:
    page, said = opened

    assert set(said) <= {broken.as_uri(), "data:,"}
    assert page.get_by_role("heading", level=1).inner_text() == "shop production"
    assert page.locator("svg").first.is_visible()


def test_links_move_the_page(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened

    for start, target in (
        ("nav a[href='#findings']", "#findings"),
        ("#findings a", "[id='resource.api.SecurityGroup']"),
        ("svg a[href='#resource.database.Instance'] text", "[id='resource.database.Instance']"),
    ):
        page.locator(start).first.click()
        assert page.locator(f"{target}:target").count() == 1
        assert (
            page.evaluate("document.querySelector(':target').getBoundingClientRect().top") > 0
        )
        page.locator("nav a[href='#picture']").click()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_never_scrolls_sideways(opened: tuple[Page, list[str]], width: int) -> None:
    page, _ = opened
    page.set_viewport_size({"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(OUT_OF_REACH) == 0


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(
    opened: tuple[Page, list[str]], scheme: Literal["light", "dark"], width: int
) -> None:
    """Contrast, names, landmarks, headings and tables, by WCAG and good practice."""
    page, _ = opened
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})

    result = Axe().run(page).response

    assert "color-contrast" in {rule["id"] for rule in result["passes"]}
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in result["violations"]] == []


def test_the_keyboard_finds_the_way_past_the_navigation(
    opened: tuple[Page, list[str]],
) -> None:
    page, _ = opened
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


def test_it_prints(opened: tuple[Page, list[str]]) -> None:
    page, _ = opened

    assert page.pdf(prefer_css_page_size=True, print_background=True).startswith(b"%PDF-")

    assert width_in_print(page) == PAPER
    assert not page.get_by_label("Sections").is_visible()


def width_in_print(page: Page) -> int:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_an_alarm_of_long_names_prints_within_the_paper(
    browser: BrowserContext, tmp_path: Path
) -> None:
    alarm = {
        "Namespace": f"AWS/{'Queue' * 10}",
        "MetricName": "ApproximateNumberOf" + "Messages" * 10,
        "Dimensions": [{"Name": "QueueName" * 5, "Value": "dead-letters" * 5}],
        "Threshold": 0,
        "EvaluationPeriods": 1,
    }
    named = resources(**{"Waiting" * 9: ("AWS::CloudWatch::Alarm", alarm)})
    file = tmp_path / "index.html"
    file.write_text(render(folder(tmp_path / "a", named), []), "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())

    assert width_in_print(page) == PAPER
    page.close()


# Tiles of the heading that leave it, or whose text leaves them.
TOO_WIDE = """() => [...document.querySelectorAll(".facts div")].filter((tile) =>
  tile.getBoundingClientRect().right > tile.parentElement.getBoundingClientRect().right + 1
  || tile.scrollWidth > tile.clientWidth + 1).map((tile) => tile.innerText)"""

# Cells of one row that lie on each other, and texts that leave their cell, before and after
# a reader has scrolled each table to its end.
COVERED = """() => {
  const rects = (node) => { const all = document.createRange(); all.selectNodeContents(node);
    return [...all.getClientRects()].filter((r) => r.width > 1 && r.height > 1); };
  const lies = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const shown = (cell) => getComputedStyle(cell).clipPath === "none";
  const found = [];
  for (const end of [false, true]) for (const table of document.querySelectorAll("table")) {
    const box = table.closest(".scroll");
    box.scrollLeft = end ? box.scrollWidth : 0;
    for (const row of table.rows) {
      const cells = [...row.cells].filter(shown);
      cells.forEach((one, index) => {
        const own = one.getBoundingClientRect();
        const leaves = (r) => r.left < own.left - 1 || r.right > own.right + 1;
        const covers = (cell) => lies(own, cell.getBoundingClientRect());
        if (rects(one).some(leaves)) found.push("leaves: " + one.innerText);
        const covered = cells.slice(index + 1).filter(covers);
        found.push(...covered.map((cell) => "covers: " + cell.innerText));
      });
    }
  }
  return found;
}"""


def long_names(path: Path) -> Folder:
    """Return a folder with names of CloudFormation's maximum length, without a break."""
    name, group = "L" + "ong" * 40, "AWS::EC2::SecurityGroup"
    exported = {"Value": {"Ref": f"{name}Vpc"}, "Export": {"Name": f"{name}-export"}}
    first = resources(
        **{
            f"{name}Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
            f"{name}Zone": ("AWS::Route53::HostedZone", {"Name": f"{name}.example"}),
            f"{name}Secret": ("AWS::SecretsManager::Secret", {"Name": name}),
            f"{name}Alarm": (
                "AWS::CloudWatch::Alarm",
                {"Namespace": name, "MetricName": name, "AlarmDescription": name},
            ),
        }
    )
    second = resources(
        **{
            f"{name}Group": (
                group,
                {"GroupDescription": name, "VpcId": {"Fn::ImportValue": f"{name}-export"}},
            )
        }
    )
    first["Outputs"] = {f"{name}Id": exported}
    first["Parameters"] = {f"{name}Given": {"Type": "String", "Default": name}}
    told = {"project": name, "environment": name, "usage": {name: 1_000_000_000_000}}
    return folder(path, first, second, region="us-east-1", monthly_budget_usd=1, **told)


@pytest.mark.parametrize("width", [720, 1280])
def test_a_long_label_does_not_push_the_amounts_of_the_bill_away(
    browser: BrowserContext, tmp_path: Path, width: int
) -> None:
    strange = tmp_path / "long.html"
    strange.write_text(render(long_names(tmp_path / "long"), []), "utf-8")
    page = browser.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(strange.as_uri())

    assert page.evaluate(COVERED) == []
    assert (
        page.evaluate(
            """() => { const bill = document.querySelector(".owed");
          return bill.scrollWidth - bill.clientWidth; }"""
        )
        == 0
    )
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 400])
def test_on_a_phone_no_column_covers_another(
    browser: BrowserContext,
    broken: Path,
    tmp_path: Path,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    strange = tmp_path / "long.html"
    strange.write_text(render(long_names(tmp_path / "long"), []), "utf-8")
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})

    for file in (broken, strange):
        page.goto(file.as_uri())
        assert page.evaluate(COVERED) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(OUT_OF_REACH) == 0
        assert page.evaluate(TOO_WIDE) == []
        assert page.locator("#bill tfoot .number").is_visible()
    page.close()
