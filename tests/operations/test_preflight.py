"""preflight: each look where it fails and where it does not; what no emulator does is
replayed, and says so."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from build import build
from cfnlink.operations.check import FAILED, OK, WARNING, Check, Found, run_check
from cfnlink.operations.delegation import public
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.image import image
from cfnlink.operations.preflight import (
    availability,
    names,
    quotas,
    roles,
    secrets,
    sources,
    zones,
)
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.operations.stacks import find
from tests.helpers import built_with, example_settings
from tests.helpers import changed as with_setting
from tests.operations.helpers import (
    DEVELOPMENT,
    PRODUCTION,
    make_roles,
    push,
    run,
    topic,
    write,
)
from tests.operations.stubs import SERVERS, dns_server, stubbed
from tests.operations.suggestions import hold
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
HERE = "--region us-east-1"
DELEGATED = {("example.com", "NS"): SERVERS}
Look = Callable[[PreflightContext], Iterable[Found]]


@pytest.fixture
def here(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The emulator for what runs in this process."""
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    return cloud


def context_of(folder: Path, **more: Any) -> PreflightContext:
    environment = open_environment(folder)
    return PreflightContext(
        environment,
        {each.name: find(environment, each.name) for each in environment.stacks},
        **more,
    )


def bare(environment: Environment) -> PreflightContext:
    """Nothing is deployed."""
    return PreflightContext(environment, {stack.name: None for stack in environment.stacks})


def results(look: Look, context: PreflightContext) -> list[str]:
    return [found[0] for found in look(context)]


def changed(folder: Path, to: Path, file: str, before: str, after: str) -> Path:
    """Return a copy of an output folder with settings and one text replaced."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    (to / "project.toml").touch()
    text = (to / file).read_text("utf-8")
    assert before in text
    (to / file).write_text(text.replace(before, after), "utf-8")
    return to


def deploy_tiers(cloud: Cloud, folder: Path, *tiers: str) -> None:
    for stack in json.loads((folder / "manifest.json").read_text("utf-8"))["stacks"]:
        if stack["tier"] in tiers:
            cloud.deploy(folder, stack)


@contextmanager
def prepared(cloud: Cloud) -> Iterator[str]:
    """Prepare an account by the first four steps of the README; yield the DNS server to ask."""
    make_roles(cloud)
    deploy_tiers(cloud, PRODUCTION, "account")
    push(cloud, "1", "arm64", "amd64")
    with dns_server(DELEGATED) as resolver:
        yield resolver


def test_a_prepared_account_passes_every_check(cloud: Cloud) -> None:
    with prepared(cloud) as resolver:
        options = ("--image-tag", "1", "--resolver", resolver)
        done = run(cloud, "preflight", PRODUCTION, *options, "--json")

    said = json.loads(done.out)
    assert done.code == 0, done.err
    assert (said["account"], said["region"]) == ("000000000000", "us-east-1")
    assert {check["name"]: check["result"] for check in said["checks"]} == {
        "service-linked roles": "ok",
        "API Gateway's log role": "ok",
        "image": "ok",
        "psql": "ok",
        "hosted zone": "ok",
        "certificate": "ok",
        "VPCs": "ok",
        "VPC links": "ok",
        "vCPU": "ok",
        "zones": "ok",
        "engine version": "ok",
        "stacks": "ok",
        "exports": "ok",
        "exports in use": "ok",
        "names": "ok",
        "alarms": "warning",  # the settings name no address
    }


def test_an_empty_account_gets_every_problem_at_once_with_its_command(
    cloud: Cloud,
) -> None:
    done = run(cloud, "preflight", DEVELOPMENT)

    account = f"--template-file {DEVELOPMENT}/account.yaml --capabilities CAPABILITY_IAM"
    assert done.code == 1
    assert done.out.startswith("account 000000000000, us-east-1, as arn:aws:iam::")
    assert (
        "    aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com"
        in done.out
    )
    assert (
        "FAILED: image: there is no repository yet: shop-account makes it\n    aws" in done.out
    )
    assert account in done.out
    assert "ok: zones:" in done.out
    assert "development would fail: service-linked roles, image" in done.err
    assert f"next: when that is fixed: cfnlink preflight {DEVELOPMENT}" in done.err


def test_without_credentials_it_is_unreachable(cloud: Cloud) -> None:
    done = run(cloud, "preflight", DEVELOPMENT, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")

    assert done.code == 5
    assert "AWS was not reached" in done.err


def test_a_refused_call_is_one_line_and_earlier_findings_stay() -> None:
    """Replayed: the emulator refuses nothing."""
    denied = (
        "User: arn:aws:iam::1:user/me is not authorized to perform: iam:GetRole on resource"
    )
    with stubbed(PRODUCTION, "iam") as (environment, stubs):
        stubs["iam"].add_client_error("get_role", "NoSuchEntity")
        stubs["iam"].add_client_error("get_role", "AccessDenied", denied)
        found = run_check("roles", lambda: roles.linked(bare(environment)))

    assert [check.result for check in found] == [FAILED, WARNING]
    assert found[-1] == Check("roles", WARNING, "could not look: needs iam:GetRole")


def test_the_role_of_ecs_must_be_there_and_the_others_may_come_by_themselves(
    here: Cloud,
) -> None:
    without = results(roles.linked, context_of(PRODUCTION))
    make_roles(here)

    assert sorted(without) == [FAILED, *[WARNING] * 4]
    assert results(roles.linked, context_of(PRODUCTION)) == [OK]


def test_a_missing_log_role_fails_and_an_overwritten_one_warns(
    here: Cloud, tmp_path: Path
) -> None:
    taken = changed(DEVELOPMENT, tmp_path, "account.yaml", "ApiGateway::Account", "SNS::Topic")
    none = list(roles.log_role(context_of(taken)))
    makes = results(roles.log_role, context_of(DEVELOPMENT))
    role = "arn:aws:iam::000000000000:role/theirs"
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    here.client("apigateway").update_account(patchOperations=[patch])
    overwritten = list(roles.log_role(context_of(DEVELOPMENT)))

    assert none[0][0] == FAILED
    file = tmp_path / "project.toml"
    assert none[0][-1] == (
        f'in {file} set [account] api_gateway_log_role = "create"\n'
        f"make build SETTINGS={tmp_path}"
    )
    assert makes == [OK]
    assert overwritten[0][0] == WARNING
    assert role in overwritten[0][1]
    assert results(roles.log_role, context_of(taken)) == [OK]


def bounded(folder: Path, arn: str, key: str = ":key::") -> Path:
    """Return a task that reads a secret of others, by a role with a permissions boundary."""
    boundary = {"PermissionsBoundary": "arn:aws:iam::000000000000:policy/limits"}
    container = {"Name": "a", "Secrets": [{"Name": "KEY", "ValueFrom": f"{arn}{key}"}]}
    task = {
        "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "ContainerDefinitions": [container],
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": boundary},
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": task},
    }
    return write(folder, one=resources)


def test_a_secret_of_others_has_the_tags_that_the_boundary_compares(
    here: Cloud, tmp_path: Path
) -> None:
    client = here.client("secretsmanager")
    arn = client.create_secret(Name="theirs", SecretString="x")["ARN"]
    folder = bounded(tmp_path / "test", arn)

    (found,) = run_check("secrets", lambda: secrets.outside_secrets(open_environment(folder)))
    assert found.result == FAILED
    assert "expected the tags Key=project,Value=tiny" in found.says
    refused = run(here, "deploy", folder)
    assert (refused.code, found.fix in refused.err) == (1, True)
    assert here.client("cloudformation").describe_stacks()["Stacks"] == []

    here.run(found.fix)
    assert [found[0] for found in secrets.outside_secrets(open_environment(folder))] == [OK]


def test_a_parameter_of_others_has_them_too(here: Cloud, tmp_path: Path) -> None:
    client, name = here.client("ssm"), "/theirs/token"
    client.put_parameter(Name=name, Value="x", Type="SecureString")
    arn = f"arn:aws:ssm:us-east-1:000000000000:parameter{name}"
    folder = bounded(tmp_path / "test", arn, key="")

    (found,) = secrets.outside_secrets(open_environment(folder))
    assert (found[0], "expected the tags Key=project,Value=tiny" in found[1]) == (FAILED, True)

    here.run(found[-1])
    assert [found[0] for found in secrets.outside_secrets(open_environment(folder))] == [OK]
    client.delete_parameter(Name=name)
    (found,) = secrets.outside_secrets(open_environment(folder))
    assert found[:2] == (FAILED, "there is no parameter parameter/theirs/token")


@pytest.mark.parametrize(("key", "result"), [("alias/aws/ssm", OK), ("alias/mine", FAILED)])
def test_a_parameter_under_a_key_of_the_user_fails(
    tmp_path: Path, key: str, result: str
) -> None:
    """Replayed, as for a secret."""
    arn = "arn:aws:ssm:us-east-1:000000000000:parameter/token"
    tags = [{"Key": "project", "Value": "tiny"}, {"Key": "environment", "Value": "test"}]
    wanted = {"ParameterFilters": [{"Key": "Name", "Values": ["token"]}]}
    of_tags = {"ResourceType": "Parameter", "ResourceId": "token"}
    with stubbed(bounded(tmp_path / "test", arn, key=""), "ssm") as (target, stubs):
        found = {"Parameters": [{"Name": "token", "KeyId": key}]}
        stubs["ssm"].add_response("describe_parameters", found, wanted)
        stubs["ssm"].add_response("list_tags_for_resource", {"TagList": tags}, of_tags)
        (checked,) = secrets.outside_secrets(target)

    assert checked[0] == result
    if result == FAILED:
        assert f"expected the key alias/aws/ssm, not {key}" in checked[1]
        assert "put-parameter --overwrite --type SecureString" in checked[-1]


OTHER_KEY = "arn:aws:kms:us-east-1:000000000000:key/1a2b3c4d-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("key", "result"),
    [
        (None, OK),
        ("alias/aws/secretsmanager", OK),
        ("arn:aws:kms:us-east-1:000000000000:alias/aws/secretsmanager", OK),
        (OTHER_KEY, FAILED),
        ("alias/mine", FAILED),
        ("arn:aws:kms:us-east-1:000000000000:alias/mine", FAILED),
    ],
)
def test_a_secret_under_a_key_of_the_user_fails(
    tmp_path: Path, key: str | None, result: str
) -> None:
    """Replayed: no role decrypts with the key, and the emulator encrypts nothing."""
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:theirs-aBcDeF"
    tags = [{"Key": "project", "Value": "tiny"}, {"Key": "environment", "Value": "test"}]
    answer = {"ARN": arn, "Tags": tags, **({"KmsKeyId": key} if key else {})}
    with stubbed(bounded(tmp_path / "test", arn), "secretsmanager") as (target, stubs):
        stubs["secretsmanager"].add_response("describe_secret", answer, {"SecretId": arn})
        (found,) = secrets.outside_secrets(target)

    assert found[0] == result
    if result == FAILED:
        assert f"expected the key alias/aws/secretsmanager, not {key}" in found[1]
        update = f"aws secretsmanager update-secret --secret-id {arn} --kms-key-id alias/aws/"
        assert update in found[-1]


@pytest.mark.parametrize("key", [":key::", ""])
def test_a_secret_that_is_not_there_is_missed(here: Cloud, tmp_path: Path, key: str) -> None:
    """A task reads one key of a secret, or all of it."""
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:gone-aBcDeF"

    (found,) = secrets.outside_secrets(open_environment(bounded(tmp_path / "t", arn, key)))

    assert found[:2] == (FAILED, "there is no secret gone-aBcDeF")


@pytest.mark.parametrize("architectures", [("arm64",), ("arm64", "amd64")])
def test_an_image_for_the_tasks_cpu_is_right_and_told_once(
    here: Cloud, tmp_path: Path, architectures: tuple[str, ...]
) -> None:
    deploy_tiers(here, DEVELOPMENT, "account")
    push(here, "1", *architectures)
    with_worker = built_with(tmp_path, '\n[workers.mail]\ncommand = ["/service", "work"]\n')

    assert [found[0] for found in image(open_environment(with_worker), "1")] == [OK]


@pytest.mark.parametrize("architectures", [("amd64",), ("amd64", "s390x")])
def test_an_image_for_another_cpu_and_a_missing_one_are_built_by_the_fix(
    here: Cloud, architectures: tuple[str, ...]
) -> None:
    deploy_tiers(here, DEVELOPMENT, "account")
    uri = push(here, "1", *architectures)

    (wrong,) = image(open_environment(DEVELOPMENT), "1")
    (missing,) = image(open_environment(DEVELOPMENT), "2")
    (unnamed,) = image(open_environment(DEVELOPMENT), None)

    assert (wrong[0], missing[0], unnamed[0]) == (FAILED, FAILED, WARNING)
    made = ", ".join(architectures)
    assert wrong[1] == f"{uri}:1 is made for {made}; the tasks run on arm64"
    build = f"docker build --platform linux/arm64 --tag {uri}:1-arm64 ."
    assert f"in the folder with your Dockerfile: {build}" in wrong[-1]
    assert wrong[-1].endswith(f"cfnlink deploy {DEVELOPMENT} --image-tag 1-arm64")
    assert f"docker push {uri}:2" in missing[-1]
    assert unnamed[-1].endswith("--image-tag YOUR_TAG")
    hold(f"{wrong[-1]}\n{missing[-1]}")


def test_a_zone_that_public_dns_does_not_lead_to_has_its_name_servers_told(
    here: Cloud,
) -> None:
    deploy_tiers(here, PRODUCTION, "account")
    other = {("example.com", "NS"): ["ns.elsewhere.net."]}
    found = {}
    for name, records in {"right": DELEGATED, "other": other, "none": {}}.items():
        with dns_server(records) as resolver:
            (found[name],) = zones.hosted_zones(context_of(PRODUCTION, resolver=resolver))

    assert found["right"][0] == OK
    assert (found["other"][0], found["none"][0]) == (FAILED, FAILED)
    assert "leads to ns.elsewhere.net for example.com" in found["other"][1]
    assert "leads to no name server for example.com" in found["none"][1]
    assert "at the registrar of example.com: ns-1.awsdns-1.com ns-2" in found["none"][-1]


def test_a_zone_is_doubted_where_it_comes_later_or_exists_twice_or_no_server_answers(
    here: Cloud, tmp_path: Path
) -> None:
    (later,) = zones.hosted_zones(context_of(PRODUCTION))
    made = here.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    (twice,) = zones.hosted_zones(context_of(PRODUCTION))
    deploy_tiers(here, PRODUCTION, "account")
    (emulated,) = zones.hosted_zones(context_of(PRODUCTION))
    imported = "Fn::ImportValue: shop-account-HostedZone"
    given = changed(PRODUCTION, tmp_path, "dns.yaml", f"\n          {imported}", " ZABSENT")
    (absent,) = zones.hosted_zones(context_of(given, resolver="127.0.0.1:1"))

    assert (later[0], twice[0], emulated[0], absent[0]) == (WARNING, WARNING, WARNING, FAILED)
    assert "shop-account makes example.com, which is then to be delegated" in later[1]
    assert made["HostedZone"]["Id"].rpartition("/")[2] in twice[-1]
    assert "--resolver 127.0.0.1:53" in emulated[-1]


def test_a_dns_server_that_does_not_answer_gives_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cfnlink.operations.delegation.TIMEOUT_SECONDS", 0.1)
    (found,) = run_check(
        "zone", lambda: iter([(OK, str(public("a.example", "NS", "127.0.0.1:1")))])
    )

    assert found.result == WARNING
    assert "no DNS server answers: 127.0.0.1:1" in found.says


def test_a_dns_server_that_fails_leads_nowhere() -> None:
    """As a resolver does where the name servers of a zone know nothing of it."""
    with dns_server({}, otherwise=2) as resolver:
        assert public("example.com", "NS", resolver) == frozenset()


@pytest.mark.parametrize(("there", "result"), [(True, WARNING), (False, FAILED)])
def test_a_pending_certificate_is_reported_with_the_record_that_it_waits_for(
    there: bool, result: str
) -> None:
    """Replayed: the emulator issues every certificate at once."""
    arn = "arn:aws:acm:us-east-1:000000000000:certificate/1"
    record = {
        "Name": "_x.api.example.com.",
        "Type": "CNAME",
        "Value": "_y.acm-validations.aws.",
    }
    summary = {"CertificateArn": arn, "DomainName": "api.example.com"}
    option = {"DomainName": "api.example.com", "ResourceRecord": record}
    known = {("_x.api.example.com", "CNAME"): [record["Value"]]} if there else {}
    with dns_server(known) as resolver, stubbed(PRODUCTION, "acm") as (environment, stubs):
        listed = {"CertificateSummaryList": [summary, {**summary, "DomainName": "other"}]}
        stubs["acm"].add_response("list_certificates", listed)
        described = {"Certificate": {**summary, "DomainValidationOptions": [option]}}
        stubs["acm"].add_response("describe_certificate", described)
        (found,) = zones.certificates(PreflightContext(environment, {}, resolver=resolver))

    assert found[0] == result
    assert arn in found[1]
    assert ("aws acm wait" if there else '"_y.acm-validations.aws."') in found[-1]


def test_vpcs_and_addresses_fit_until_the_quota_is_full(here: Cloud, tmp_path: Path) -> None:
    address = {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}
    nat = write(tmp_path, one={"A": address, "B": address})
    ec2 = here.client("ec2")
    before = [*quotas.vpcs(context_of(PRODUCTION)), *quotas.addresses(context_of(nat))]
    for _ in range(4):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
        ec2.allocate_address(Domain="vpc")
    after = [*quotas.vpcs(context_of(PRODUCTION)), *quotas.addresses(context_of(nat))]

    request = "aws service-quotas request-service-quota-increase --service-code"
    assert [found[0] for found in before] == [OK, OK]
    assert [found[0] for found in after] == [FAILED, FAILED]
    assert after[0][-1] == f"{request} vpc --quota-code L-F678F1CE --desired-value 6 {HERE}"
    assert after[1][-1] == f"{request} ec2 --quota-code L-0263D0A3 --desired-value 6 {HERE}"
    assert list(quotas.addresses(context_of(PRODUCTION))) == []


@pytest.mark.parametrize(("links", "result"), [(9, OK), (10, FAILED)])
def test_vpc_links_are_counted_on_every_page(links: int, result: str) -> None:
    """Replayed: the emulator has no quota of its own, and one page."""
    link = {"Name": "a", "SubnetIds": [], "SecurityGroupIds": [], "VpcLinkId": "1"}
    with stubbed(PRODUCTION, "apigatewayv2", "service-quotas") as (environment, stubs):
        first = {"Items": [link] * (links - 1), "NextToken": "more"}
        stubs["apigatewayv2"].add_response("get_vpc_links", first)
        stubs["apigatewayv2"].add_response("get_vpc_links", {"Items": [link]})
        stubs["service-quotas"].add_response("get_service_quota", {"Quota": {"Value": 10.0}})
        (found,) = quotas.vpc_links(bare(environment))

    assert found[0] == result
    assert f"{links} of 10 in use, 1 more needed" in found[1]


@pytest.mark.parametrize(("running", "result"), [(12, OK), (13, FAILED)])
def test_vcpu_is_needed_for_as_many_tasks_as_a_rollout_may_run(
    running: int, result: str
) -> None:
    """Replayed: the emulator runs no task. Six of a quarter, twice, are three vCPU."""
    task = {"capacityProviderName": "FARGATE", "cpu": "256"}
    with stubbed(PRODUCTION, "ecs", "service-quotas") as (environment, stubs):
        stubs["ecs"].add_response("list_clusters", {"clusterArns": ["c"]})
        stubs["ecs"].add_response("list_tasks", {"taskArns": ["t"] * running})
        stubs["ecs"].add_response("describe_tasks", {"tasks": [task] * running})
        stubs["service-quotas"].add_response("get_service_quota", {"Quota": {"Value": 6.0}})
        (found,) = quotas.vcpu(bare(environment))

    assert found[0] == result
    assert f"{running / 4:g} of 6 in use, 3 more needed" in found[1]


def test_vcpu_is_needed_for_the_task_of_a_job(tmp_path: Path) -> None:
    """Replayed: three vCPU of the service, as above, and a quarter of the job."""
    job = {"nightly": {"schedule": "rate(1 day)", "command": ("/service", "report")}}
    for name, text in build(with_setting(example_settings(), "jobs", job)).files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with stubbed(tmp_path, "ecs", "service-quotas") as (environment, stubs):
        stubs["ecs"].add_response("list_clusters", {"clusterArns": []})
        stubs["service-quotas"].add_response("get_service_quota", {"Quota": {"Value": 6.0}})
        (found,) = quotas.vcpu(bare(environment))

    assert "0 of 6 in use, 3.25 more needed" in found[1]


def test_each_capacity_provider_has_its_base_and_its_share(tmp_path: Path) -> None:
    strategy = "Base: 1\n        Weight: 100\n"
    second = "      - CapacityProvider: FARGATE_SPOT\n        Weight: 4\n"
    spot = f"Base: 2\n        Weight: 1\n{second}"
    mixed = changed(PRODUCTION, tmp_path, "service.yaml", strategy, spot)
    context = bare(open_environment(mixed))
    (service,) = context.system.of("AWS::ECS::Service")

    assert quotas._most(service, "FARGATE") == 1.0
    assert quotas._most(service, "FARGATE_SPOT") == 2.0


@pytest.mark.parametrize(
    ("zone", "says"), [("use1-az9", "no zone that this account"), ("use1-az3", "no VPC link")]
)
def test_a_zone_must_be_seen_and_take_vpc_links(
    here: Cloud, tmp_path: Path, zone: str, says: str
) -> None:
    folder = changed(PRODUCTION, tmp_path, "network.yaml", "use1-az2", zone)
    found = list(availability.availability_zones(context_of(folder)))

    assert results(availability.availability_zones, context_of(PRODUCTION)) == [OK]
    assert found[0][0] == FAILED
    assert zone in found[0][1]
    assert any(says in each[1] for each in found)
    good = "use1-az1, use1-az2, use1-az4, use1-az5, use1-az6"
    assert f"project.toml set [network] zones to two of {good}\n" in found[0][-1]


def test_an_engine_version_that_is_no_longer_created_has_the_newest_of_its_major_named(
    here: Cloud, tmp_path: Path
) -> None:
    old = changed(PRODUCTION, tmp_path, "database.yaml", "'15.19'", "'15.2'")
    (found,) = availability.engine_versions(context_of(old))

    assert results(availability.engine_versions, context_of(PRODUCTION)) == [OK]
    assert found[0] == FAILED
    assert found[-1] == (
        f'in {tmp_path}/environments/production.toml set [database] engine_version = "15.19"\n'
        f"make build SETTINGS={tmp_path}"
    )


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("DBSnapshotIdentifier: absent", "there is no snapshot absent"),
        (
            "SourceDbiResourceId: db-GONE\n      UseLatestRestorableTime: true",
            "RDS has no automated backups of db-GONE",
        ),
    ],
)
def test_a_database_s_source_that_is_not_there_is_named(
    here: Cloud, tmp_path: Path, lines: str, says: str
) -> None:
    missing = changed(PRODUCTION, tmp_path, "database.yaml", "StorageEncrypted: true", lines)
    (found,) = sources.database_sources(context_of(missing))

    assert here
    assert results(sources.database_sources, context_of(PRODUCTION)) == []
    assert found[:2] == (FAILED, says)
    assert found[-1].startswith("aws rds describe-db-")


def test_a_source_is_there_and_reaches_to_the_time(here: Cloud, tmp_path: Path) -> None:
    rds = here.client("rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier="source",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        MasterUserPassword="letters-and-digits-1",
    )["DBInstance"]
    rds.create_db_snapshot(DBSnapshotIdentifier="kept", DBInstanceIdentifier="source")
    source = f"SourceDbiResourceId: {made['DbiResourceId']}\n      "
    told = {
        "DBSnapshotIdentifier: kept": OK,
        f"{source}UseLatestRestorableTime: true": OK,
        f"{source}RestoreTime: '2020-01-01T00:00:00Z'": FAILED,
    }

    for number, (lines, result) in enumerate(told.items()):
        to = tmp_path / str(number)
        folder = changed(PRODUCTION, to, "database.yaml", "StorageEncrypted: true", lines)
        assert results(sources.database_sources, context_of(folder)) == [result], lines


@pytest.mark.parametrize("kind", ["snapshot", "automated backups"])
def test_a_source_of_another_major_version_fails(
    here: Cloud, tmp_path: Path, kind: str
) -> None:
    rds = here.client("rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier="older",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        EngineVersion="14.24",
        AllocatedStorage=20,
    )["DBInstance"]
    rds.create_db_snapshot(DBSnapshotIdentifier="old", DBInstanceIdentifier="older")
    lines = {
        "snapshot": "DBSnapshotIdentifier: old",
        "automated backups": f"SourceDbiResourceId: {made['DbiResourceId']}\n      "
        "UseLatestRestorableTime: true",
    }[kind]
    folder = changed(PRODUCTION, tmp_path, "database.yaml", "StorageEncrypted: true", lines)
    (found,) = sources.database_sources(context_of(folder))

    assert found[0] == FAILED
    assert "is of PostgreSQL 14.24, and the settings name 15.19" in found[1]
    setting = f"in {tmp_path}/environments/production.toml set [database] "
    assert found[-1].startswith(f'{setting}engine_version = "14.24"\n')


def test_a_class_that_is_offered_in_one_zone_only_is_not_enough() -> None:
    """Replayed: the emulator offers every class everywhere."""
    option = {"StorageType": "gp3", "MultiAZCapable": False}
    with stubbed(PRODUCTION, "rds") as (environment, stubs):
        versions = {"DBEngineVersions": [{"EngineVersion": "15.19"}]}
        stubs["rds"].add_response("describe_db_engine_versions", versions)
        options = {"OrderableDBInstanceOptions": [option]}
        stubs["rds"].add_response("describe_orderable_db_instance_options", options)
        (found,) = availability.engine_versions(bare(environment))

    assert found[0] == FAILED
    assert "aws rds describe-orderable-db-instance-options --engine postgres" in found[-1]


def test_a_stack_that_is_anothers_is_told_by_its_tags(here: Cloud, tmp_path: Path) -> None:
    free = results(names.stacks, context_of(DEVELOPMENT))
    here.run(
        "aws cloudformation deploy --stack-name shop-account --tags project=other "
        f"--template-file {write(tmp_path, one={'T': topic()})}/one.yaml"
    )
    found = list(names.stacks(context_of(DEVELOPMENT)))

    assert free == [OK]
    assert [each[0] for each in found] == [FAILED]
    assert "shop-account exists without the tag project=shop" in found[0][1]
    assert "if shop-account is this project's: aws cloudformation update-stack" in found[0][-1]


def test_an_export_of_another_stack_is_taken(here: Cloud, tmp_path: Path) -> None:
    free = results(names.exports, context_of(write(tmp_path, one={"T": topic()})))
    here.run(
        "aws cloudformation deploy --stack-name theirs "
        f"--template-file {write(tmp_path, one={'T': topic()})}/one.yaml"
    )
    (found,) = names.exports(context_of(tmp_path))

    assert free == [OK]
    assert found[0] == FAILED
    assert (
        "tiny-test-one-First, which tiny-test-one would export, is exported by theirs"
        in found[1]
    )


def test_an_export_that_goes_while_it_is_read_names_its_reader(
    here: Cloud, tmp_path: Path
) -> None:
    run(here, "deploy", write(tmp_path, one={"T": topic()}, two={"T": topic()}))
    last = (tmp_path / "two.yaml").read_text("utf-8").replace("two-First", "two-Other")
    (tmp_path / "two.yaml").write_text(last, "utf-8")  # no test reads what is written here
    before = results(names.exports_in_use, context_of(tmp_path))
    text = (tmp_path / "one.yaml").read_text("utf-8")
    (tmp_path / "one.yaml").write_text(text.partition("Outputs")[0], "utf-8")
    two = (tmp_path / "two.yaml").read_text("utf-8")
    (tmp_path / "two.yaml").write_text(two.partition("  Before")[0], "utf-8")
    (found,) = names.exports_in_use(context_of(tmp_path))

    assert before == [OK]
    assert found[0] == FAILED
    assert (
        "tiny-test-one drops tiny-test-one-First, which tiny-test-two still reads" in found[1]
    )
    assert found[-1].startswith("aws cloudformation deploy --stack-name tiny-test-two ")


def test_a_name_of_what_a_stack_kept_stops_a_deployment_before_the_first_stack(
    here: Cloud, tmp_path: Path
) -> None:
    body = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mail"}}
    kept = {"Queue": {**body, "DeletionPolicy": "Retain"}}
    folder = write(tmp_path, one={"Topic": topic()}, two=kept)
    here.client("sqs").create_queue(QueueName="mail")

    refused = run(here, "deploy", folder)
    stacks = here.client("cloudformation").list_stacks()["StackSummaries"]
    here.client("sqs").delete_queue(
        QueueUrl=here.client("sqs").get_queue_url(QueueName="mail")["QueueUrl"]
    )
    deployed = run(here, "deploy", folder)

    assert refused.code == 1
    assert "names: mail exists, and tiny-test-two would make it\n" in refused.err
    assert "next: if its messages may go: aws sqs delete-queue" in refused.err
    assert not [each for each in stacks if each["StackName"].startswith("tiny-test")]
    assert deployed.code == run(here, "deploy", folder).code == 0


def test_fixed_names_that_are_taken_would_stop_a_stack(here: Cloud) -> None:
    free = results(names.physical_names, context_of(PRODUCTION))
    group = "/aws/rds/instance/shop-production-1/postgresql"
    here.client("logs").create_log_group(logGroupName=group)
    here.client("rds").create_db_instance(
        DBInstanceIdentifier="shop-production-1",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="owner",
        MasterUserPassword="anything-at-all",
    )
    here.client("apigateway").create_domain_name(domainName="api.example.com")
    found = list(names.physical_names(context_of(PRODUCTION)))

    assert free == [OK]
    assert [each[0] for each in found] == [FAILED] * 3
    delete = f"aws logs delete-log-group --log-group-name {group} {HERE}"
    assert delete in [each[-1] for each in found]
    assert any("generation" in each[-1] for each in found)
