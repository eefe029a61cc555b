"""The picture shows the facts of the system, in its text and its positions."""

import os
import pickle
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from build import Built, build
from cfnlink import cli
from cfnlink.picture import draw
from cfnlink.picture.cards import LOWEST_TLS
from cfnlink.picture.geometry import Box, Drawing, width
from cfnlink.picture.layout import MEANINGS, arrange
from cfnlink.picture.scene import scene
from cfnlink.system.api_paths import open_paths
from cfnlink.system.link import StackTemplate, link
from cfnlink.system.resource import System
from templates.settings import Settings
from tests.helpers import ROOT, changed, example_output, need_shipped_tiers
from tests.template import ref
from tests.test_capabilities import everything
from tests.test_cost import with_body

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [
    "production",
    "staging",
    "development",
    "nat",
    "endpoints",
    "webshop",
    "serverless",
    "everything",
]
RULES = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
ALWAYS_DRAWN = (
    "AWS::EC2::VPC",
    "AWS::EC2::Subnet",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::NatGateway",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::InternetGateway",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::RDS::DBInstance",
    "AWS::Logs::LogGroup",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::ECR::Repository",
    "AWS::CertificateManager::Certificate",
    *RULES,
)


@pytest.fixture(scope="module")
def systems(built: dict[str, Built], production: Settings) -> dict[str, System]:
    two = production.model_dump()
    two["network"] |= {"egress": "nat", "nat_gateways": 2}
    return {
        **{name: shipped.system for name, shipped in built.items()},
        "nat": build(Settings.model_validate(two)).system,
        "endpoints": build(changed(production, "network.egress", "endpoints")).system,
        "webshop": webshop(),
        "serverless": serverless(),
        "everything": build(everything()).system,
    }


@pytest.fixture(params=NAMES)
def drawing(request: pytest.FixtureRequest, systems: dict[str, System]) -> Drawing:
    if request.param == "everything":
        need_shipped_tiers()
    return arrange(scene(systems[request.param], request.param))


@pytest.mark.parametrize("name", NAMES)
def test_every_resource_is_drawn_once(name: str, systems: dict[str, System]) -> None:
    system = systems[name]
    drawn = Counter(resources(draw(system, name)))
    known = {key for key, body in bodies(system) if body["Type"] in ALWAYS_DRAWN}
    known -= {"ApiFirewallLog"}  # a card below the network has no room for its log
    assert set(drawn) <= set(system.resources)
    assert set(drawn.values()) == {1}
    assert known <= set(drawn)


def test_another_hash_seed_gives_the_same_bytes(
    systems: dict[str, System], tmp_path: Path
) -> None:
    (tmp_path / "systems").write_bytes(pickle.dumps(systems))
    code = (
        "import pickle, sys; from cfnlink.picture import draw; "
        f"systems = pickle.load(open({str(tmp_path / 'systems')!r}, 'rb')); "
        "sys.stdout.buffer.write(''.join(draw(s, n) for n, s in systems.items()).encode())"
    )
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    texts = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0] == texts[1]
    assert texts[0].decode() == "".join(draw(s, n) for n, s in systems.items())


def test_each_step_is_an_arrow_with_its_port(systems: dict[str, System]) -> None:
    need_shipped_tiers()
    assert ports(systems["production"]) == {
        ("VPC link", "Load balancer", "80"),
        ("Load balancer", "ECS on Fargate", "3000"),
        ("ECS on Fargate", "RDS", "5432"),
        ("ECS on Fargate", "internet gateway", "443"),
    }


def test_without_a_rule_there_is_no_arrow(systems: dict[str, System]) -> None:
    need_shipped_tiers()
    whole = systems["production"]
    rules = [key for key, body in bodies(whole) if body["Type"] in RULES]
    assert len(rules) == 6
    for rule in rules:
        port = str(whole.resources[rule].body["Properties"]["FromPort"])
        (gone,) = ports(whole) - ports(without(whole, rule))
        assert gone[2] == port


def test_the_way_out_names_each_open_port(systems: dict[str, System]) -> None:
    assert ("ECS on Fargate", "internet gateway", "443, 587") in ports(systems["everything"])


def test_endpoints_are_reached_only_from_all_zones(systems: dict[str, System]) -> None:
    whole = systems["endpoints"]
    assert ("ECS on Fargate", "Interface endpoints", "443") in ports(whole)
    group = "NetworkEndpointSecurityGroup"
    body = whole.resources[group].body
    (rule,) = body["Properties"]["SecurityGroupIngress"]
    one_zone = whole.resources["NetworkPrivateSubnetA"].body["Properties"]["CidrBlock"]
    half = {**rule, "CidrIp": one_zone}
    properties = {**body["Properties"], "SecurityGroupIngress": [half]}
    rest = with_body(whole, group, {**body, "Properties": properties})
    assert not [step for step in ports(rest) if step[1] == "Interface endpoints"]


def test_way_out_is_the_one_that_was_chosen(systems: dict[str, System]) -> None:
    exits = {name: {step[1] for step in ports(systems[name])} for name in systems}
    assert "internet gateway" in exits["production"]
    assert "NAT gateway" in exits["nat"]
    assert not exits["endpoints"] & {"NAT gateway", "internet gateway"}
    drawn = scene(systems["nat"], "")
    assert sum(card.title == "NAT gateway" for card in drawn.cards) == 2


@pytest.mark.parametrize(("name", "kind"), [("production", "public"), ("nat", "private")])
def test_tasks_stand_in_their_subnets(name: str, kind: str, systems: dict[str, System]) -> None:
    drawn = arrange(scene(systems[name], name))
    service = next(c for c in drawn.cards if c.card.title == "ECS on Fargate")
    standing = [frame.box for frame in drawn.frames if frame.kind == kind]
    assert all(service.box.intersects(box) for box in standing)
    assert hull(standing).contains(service.box)


def test_a_standby_is_billed_only_with_multi_az(systems: dict[str, System]) -> None:
    titles = {name: [c.title for c in scene(s, "").cards] for name, s in systems.items()}
    assert "Standby" in titles["production"]
    assert "Standby" not in titles["staging"] + titles["development"]


def test_labels_come_from_the_resources(systems: dict[str, System]) -> None:
    version = systems["production"].resources["DatabaseInstance"].body["Properties"]
    told = texts(draw(systems["production"], "production"))
    for text in (
        "2 to 6 tasks",
        "0.25 vCPU, 512 MB",
        "ARM64, port 3000",
        f"PostgreSQL {version['EngineVersion']}",
        "db.t4g.micro",
        "backups: 7 days",
        "10/s a key, burst 20",
        "1,000,000 a month",
        "CORS for any origin",
        "api.example.com",
        "DB_URL",
        "5 alarms",
        "3 logs, 7 days",
    ):
        assert text in told
    assert "1 task" in texts(draw(systems["development"], "development"))


def test_open_paths_and_several_origins_are_counted(production: Settings) -> None:
    settings = changed(production, "api.paths", {"/webhooks/{proxy+}": {"key": False}})
    origins = ["https://a.example.com", "https://b.example.com", "http://localhost:3000"]
    built = build(changed(settings, "api.cors_allow_origin", origins))

    told = texts(draw(built.system, "production"))

    assert "1 path without a key" in told
    assert "CORS for 3 origins" in told

    (method,) = (method for _, method in open_paths(built.system))
    body = {**method.body, "Properties": {**method.properties, "HttpMethod": "PUT"}}
    two_methods = with_body(built.system, "ApiMethodPut", body)
    assert "1 path without a key" in texts(draw(two_methods, "production"))


def test_limits_are_those_of_the_clients(systems: dict[str, System]) -> None:
    """The key of `make smoke` has limits too; without its part it is one client more."""
    whole = systems["production"]
    nameless = System(whole.template)

    assert "10/s a key, burst 20" in texts(draw(whole, ""))
    assert "1 to 10/s a key, burst 1 to 20" in texts(draw(nameless, ""))
    plans = [key for key, body in bodies(whole) if body["Type"].endswith("::UsagePlan")]
    assert len(plans) == 2
    assert set(plans) <= set(resources(draw(whole, "")))


@pytest.mark.parametrize("name", NAMES)
def test_the_legend_has_each_kind_of_arrow_with_a_look_of_its_own(
    name: str, systems: dict[str, System]
) -> None:
    svg = draw(systems[name], "a title as long as titles become: " + "name " * 20)
    legend = {meaning: style for style, meaning in MEANINGS.items()}
    drawn = [group.get("class") for group in ET.fromstring(svg).iter(f"{SVG}g")]
    styles = {kind for kind in drawn if kind and kind.startswith("a-")}
    assert {f"a-{legend[text]}" for text in texts(svg) & set(legend)} == styles
    looks = [
        re.findall(rf"\.picture \.{s} \.arrow(?:,[^{{]*)?\{{(.*?)\}}", svg) for s in styles
    ]
    assert len({tuple(look) for look in looks}) == len(styles)


def test_a_long_title_leaves_the_legend_its_room(systems: dict[str, System]) -> None:
    svg = draw(systems["production"], "long " * 40)
    found = [t for t in ET.fromstring(svg).iter(f"{SVG}text") if t.get("class") == "title"]
    start = min(
        float(t.get("x", 0))
        for t in ET.fromstring(svg).iter(f"{SVG}text")
        if t.text in MEANINGS.values()
    )
    assert float(found[0].get("x", 0)) + width(found[0].text or "", 21, bold=True) < start - 38


def test_boxes_lie_inside_their_frames(drawing: Drawing) -> None:
    page = Box(0, 0, drawing.width, drawing.height)
    subnets = {f.resources[0]: f.box for f in drawing.frames if f.name.endswith("subnet")}
    vpc = [frame.box for frame in drawing.frames if frame.kind == "vpc"]
    for placed in drawing.cards:
        assert page.contains(placed.box)
        standing = [subnets[key] for key in placed.card.subnets]
        if standing:
            assert hull(standing).contains(placed.box)
            assert vpc[0].contains(placed.box)
        assert all(placed.box.contains(text.box) for text in placed.texts)
    for frame in drawing.frames:
        assert all(frame.box.contains(text.box) for text in frame.texts)


def test_nothing_overlaps(drawing: Drawing) -> None:
    for one, other in combinations(drawing.all_texts(), 2):
        assert not one.box.intersects(other.box), (one.text, other.text)
    for card, another in combinations(drawing.cards, 2):
        assert not card.box.intersects(another.box, room=10)
    page = Box(0, 0, drawing.width, drawing.height)
    assert all(page.contains(text.box) for text in drawing.all_texts())


def test_arrows_end_at_their_cards(drawing: Drawing) -> None:
    cards = {placed.card.key: placed.box for placed in drawing.cards}
    for arrow in drawing.arrows:
        box, (x, y) = cards[arrow.arrow.target], arrow.points[-1]
        assert box.intersects(Box(x, y, x, y), room=4), arrow


def test_arrows_cross_no_box_and_no_text(drawing: Drawing) -> None:
    frames = [text.box for frame in drawing.frames for text in frame.texts]
    blocks = [*(placed.box for placed in drawing.cards), *frames]
    for arrow in drawing.arrows:
        for (ax, ay), (bx, by) in pairwise(arrow.points):
            assert ax == bx or ay == by
            segment = Box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            assert not [box for box in blocks if segment.intersects(box)]


def test_a_screen_reader_gets_the_title_and_the_arrows(systems: dict[str, System]) -> None:
    text = draw(systems["production"], "shop in production")
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "shop in production"
    assert "Load balancer to ECS on Fargate (3000)" in (root.findtext(f"{SVG}desc") or "")
    assert "prefers-color-scheme:dark" in text
    symbols = {symbol.get("id") for symbol in root.iter(f"{SVG}symbol")}
    assert {use.get("href", "")[1:] for use in root.iter(f"{SVG}use")} == symbols


def test_awkward_names_are_escaped() -> None:
    name = "<b>&\"'\x00\x1f\ud800 \u4e16\u754c" + "very long " * 20
    function = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": name}}
    text = draw(linked({"Fn": function}), name)
    assert "<b>" not in text
    assert ET.fromstring(text).find(f".//{SVG}b") is None


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"A": None, "B": {"Type": ["x"]}, "C": {"Type": "AWS::EC2::Subnet"}},
        {"A": {"Type": "AWS::ECS::Service", "Properties": None}},
        {"A": {"Type": "AWS::ApiGateway::RestApi", "Properties": [1]}},
        {
            "V": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Ref": "X"}}},
            "S": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "V"}}},
            "D": {"Type": "AWS::RDS::DBInstance", "Properties": {"MultiAZ": {"Fn::If": 1}}},
            "T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Cpu": {"Ref": "X"}}},
            "G": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"SecurityGroupIngress": {"Fn::If": ["C", [], []]}},
            },
        },
    ],
)
def test_odd_systems_make_a_picture_too(odd: dict[str, Any]) -> None:
    root = ET.fromstring(draw(linked(odd), "odd"))
    assert len(list(root.iter(f"{SVG}text"))) > 1


def bodies(system: System) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((key, resource.body) for key, resource in system.resources.items())


def resources(svg: str) -> list[str]:
    return [
        found for group in ET.fromstring(svg).iter() if (found := group.get("data-resource"))
    ]


def texts(svg: str) -> set[str]:
    return {text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")}


def ports(system: System) -> set[tuple[str, str, str]]:
    """Return the permitted connections of a picture: the titles at both ends, and the label."""
    drawing = arrange(scene(system, ""))
    names = {placed.card.key: placed.card.title for placed in drawing.cards}
    return {
        (names[a.arrow.source], names[a.arrow.target], a.label.text if a.label else "")
        for a in drawing.arrows
        if a.arrow.style == "permit"
    }


def without(system: System, key: str) -> System:
    rest = {name: body for name, body in system.template["Resources"].items() if name != key}
    return System({**system.template, "Resources": rest})


def hull(boxes: list[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def linked(resources_: dict[str, Any]) -> System:
    return link([StackTemplate("web", "web", {"Resources": resources_})])


def made(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def webshop() -> System:
    """Another project's: three zones, a public balancer, two services, inline rules."""
    found = {
        "Vpc": made("EC2::VPC", CidrBlock="10.1.0.0/16"),
        "Gateway": made("EC2::InternetGateway"),
        "Attached": made(
            "EC2::VPCGatewayAttachment", VpcId=ref("Vpc"), InternetGatewayId=ref("Gateway")
        ),
        "Table": made("EC2::RouteTable", VpcId=ref("Vpc")),
        "Out": made("EC2::Route", RouteTableId=ref("Table"), GatewayId=ref("Gateway")),
        "Cluster": made("ECS::Cluster"),
    }
    places: dict[str, list[dict[str, str]]] = {"Public": [], "App": [], "Data": []}
    for kind, subnets in places.items():
        for zone in range(3):
            name = f"{kind}{zone}"
            chosen = {"Fn::Select": [zone, {"Fn::GetAZs": ""}]}
            cidr = f"10.1.{len(found)}.0/24"
            found[name] = made(
                "EC2::Subnet", VpcId=ref("Vpc"), AvailabilityZone=chosen, CidrBlock=cidr
            )
            subnets.append(ref(name))
            if kind == "Public":
                found[f"{name}Routes"] = made(
                    "EC2::SubnetRouteTableAssociation",
                    SubnetId=ref(name),
                    RouteTableId=ref("Table"),
                )
    for group, source, port in (
        ("Lb", {"CidrIp": "0.0.0.0/0"}, 443),
        ("App", {"SourceSecurityGroupId": ref("LbGroup")}, 8080),
        ("Db", {"SourceSecurityGroupId": ref("AppGroup")}, 3306),
    ):
        rule = {**source, "IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        found[f"{group}Group"] = made(
            "EC2::SecurityGroup", VpcId=ref("Vpc"), SecurityGroupIngress=[rule]
        )
    found["Balancer"] = made(
        "ElasticLoadBalancingV2::LoadBalancer",
        Subnets=places["Public"],
        SecurityGroups=[ref("LbGroup")],
    )
    for name in ("Shop", "Admin"):
        inside = {"Subnets": places["App"], "SecurityGroups": [ref("AppGroup")]}
        found[name] = made(
            "ECS::Service",
            Cluster=ref("Cluster"),
            LaunchType="FARGATE",
            NetworkConfiguration={"AwsvpcConfiguration": inside},
        )
    found["DataGroup"] = made("RDS::DBSubnetGroup", SubnetIds=places["Data"])
    found["Orders"] = made(
        "RDS::DBInstance",
        Engine="mysql",
        MultiAZ="true",
        DBSubnetGroupName=ref("DataGroup"),
        VPCSecurityGroups=[ref("DbGroup")],
    )
    return linked(found)


def serverless() -> System:
    """Return a system without a VPC: an HTTP API, a function, and its storage."""
    return linked(
        {
            "Api": made("ApiGatewayV2::Api", ProtocolType="HTTP"),
            "Integration": made(
                "ApiGatewayV2::Integration",
                ApiId=ref("Api"),
                IntegrationUri={"Fn::GetAtt": ["Function", "Arn"]},
            ),
            "Function": made("Lambda::Function", Environment={"Variables": ref("Table")}),
            "Table": made("DynamoDB::Table", TableName="orders"),
            "Bucket": made("S3::Bucket"),
            "Log": made("Logs::LogGroup", LogGroupName={"Fn::Sub": "/aws/lambda/${Function}"}),
            "Other": {"Type": "Custom::Thing"},
        }
    )


def test_a_folder_that_cannot_be_drawn_keeps_no_other_from_its_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tmp_path / "notes", shutil.copytree(example_output("staging"), tmp_path / "z")]

    status = cli.main(["draw", *map(str, folders)])

    assert status == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path}/notes/manifest.json: ")
    assert (tmp_path / "z" / "architecture.svg").is_file()


@pytest.mark.parametrize(
    ("policy", "version"),
    [
        ("TLS_1_2", "2"),
        ("SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "2"),
        ("SecurityPolicy_TLS13_1_3_2025_09", "3"),
        ("SecurityPolicy_TLS13_2025_EDGE", "3"),
        ("SecurityPolicy_TLS12_PFS_2025_EDGE", "2"),
        ("SecurityPolicy_TLS12_2018_EDGE", "2"),
    ],
)
def test_the_card_of_a_domain_names_the_lowest_tls_of_its_policy(
    policy: str, version: str
) -> None:
    found = LOWEST_TLS.search(policy)

    assert found
    assert (found[1] or found[2]) == version
