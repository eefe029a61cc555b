"""Buckets: what a setting adds, and what stays when it leaves."""

import json
from typing import Any

from build import Built, build
from cfnlink.lint.position import locate, places
from cfnlink.picture.scene import scene
from templates.settings import Settings
from tests.helpers import ROOT, changed, properties
from tests.tiers.resources import System, container, of_type, resources_of, variables

UPLOADS = {"uploads": {"versioned": True, "expire_days": 90, "cors_origins": ("https://a.b",)}}


def statements(system: System, role: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in properties(system, role).get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_a_bucket_is_private_encrypted_and_kept(production: Settings) -> None:
    system = resources_of(changed(production, "buckets", UPLOADS))
    bucket = properties(system, "ServiceBucketUploads")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert "AES256" in json.dumps(bucket["BucketEncryption"])
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketName" not in bucket
    (cors,) = bucket["CorsConfiguration"]["CorsRules"]
    assert cors["AllowedOrigins"] == ["https://a.b"]
    for name in ("ServiceBucketUploads", "ServiceTlsOnlyUploads"):
        assert system[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert system[name]["UpdateReplacePolicy"] == "Retain"


def test_each_id_has_one_place_in_the_code() -> None:
    for logical_id in ("BucketUploads", "TlsOnlyUploads"):
        place = locate(ROOT / "templates" / "service.py", ("Resources", logical_id))

        assert place
        assert place.file.stem == "buckets"
        assert len(places(place.file, logical_id)) == 1


def test_the_lifecycle_ends_what_is_not_seen(production: Settings) -> None:
    plain = resources_of(changed(production, "buckets", {"uploads": {}}))
    system = resources_of(changed(production, "buckets", UPLOADS))

    def rules(of: System) -> dict[str, Any]:
        listed = properties(of, "ServiceBucketUploads")["LifecycleConfiguration"]["Rules"]
        return {rule["Id"]: rule for rule in listed}

    assert set(rules(plain)) == {"incomplete-uploads", "older-versions"}
    assert set(rules(system)) - set(rules(plain)) == {"expired"}
    assert rules(system)["expired"]["ExpirationInDays"] == 90
    uploads = rules(system)["incomplete-uploads"]["AbortIncompleteMultipartUpload"]
    assert uploads == {"DaysAfterInitiation": 7}
    assert not {"VersioningConfiguration", "CorsConfiguration"} & {
        *properties(plain, "ServiceBucketUploads")
    }


def test_a_bucket_takes_requests_by_tls_only(production: Settings) -> None:
    system = resources_of(changed(production, "buckets", UPLOADS))

    policy = properties(system, "ServiceTlsOnlyUploads")["PolicyDocument"]
    (only,) = policy["Statement"]
    assert (only["Effect"], only["Principal"], only["Action"]) == ("Deny", "*", ["s3:*"])
    assert only["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    arn = {"Fn::GetAtt": ["ServiceBucketUploads", "Arn"]}
    assert only["Resource"] == [arn, {"Fn::Join": ["", [arn, "/*"]]}]


def test_the_task_knows_the_name_and_may_use_exactly_that_bucket(production: Settings) -> None:
    system = resources_of(changed(production, "buckets", UPLOADS))

    given = variables(container(system))
    assert given["BUCKET_UPLOADS"] == {"Ref": "ServiceBucketUploads"}
    on_objects, on_bucket = statements(system, "ServiceTaskRole")
    arn = {"Fn::GetAtt": ["ServiceBucketUploads", "Arn"]}
    assert on_bucket["Action"] == ["s3:ListBucket"]
    assert on_bucket["Resource"] == [arn]
    assert {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} < {*on_objects["Action"]}
    assert on_objects["Resource"] == [{"Fn::Join": ["", [arn, "/*"]]}]


def test_a_bucket_changes_only_itself_the_task_and_the_boundary(
    production: Settings, system: System
) -> None:
    with_bucket = resources_of(changed(production, "buckets", UPLOADS))

    added = {"ServiceBucketUploads", "ServiceTlsOnlyUploads"}
    assert set(with_bucket) - set(system) == added
    assert {name for name in system if system[name] != with_bucket[name]} == {
        "AccountPermissionsBoundary",
        "ServiceTaskDefinition",
        "ServiceTaskRole",
    }


def test_the_account_stack_serves_what_any_environment_needs(
    environments: dict[str, Settings],
) -> None:
    """It is one stack: the environment that is deployed last decides what it holds."""
    right = {"actions": ("ses:SendEmail",), "resources": ("*",), "any_resource": True}
    changes = {
        "staging": changed(environments["staging"], "buckets", UPLOADS),
        "production": changed(environments["production"], "service.permissions", (right,)),
    }
    every = [changes.get(name, settings) for name, settings in environments.items()]

    built: list[Built] = [build(each.among(every)) for each in every]

    assert len({each.files["account.yaml"] for each in built}) == 1
    boundary = built[0].files["account.yaml"]
    assert "s3:PutObject" in boundary
    assert "ses:SendEmail" in boundary
    assert "s3:PutObject" not in build(environments["development"]).files["account.yaml"]


def test_the_boundary_separates_the_buckets_of_environments(production: Settings) -> None:
    system = resources_of(changed(production, "buckets", UPLOADS))

    document = properties(system, "AccountPermissionsBoundary")["PolicyDocument"]
    (of_s3,) = [s for s in document["Statement"] if "s3:PutObject" in s["Action"]]
    (named,) = of_s3["Resource"]
    assert named["Fn::Sub"][0].endswith(":s3:::${Project}-${!aws:PrincipalTag/environment}-*")
    assert of_s3["Condition"] == {
        "StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_the_picture_leads_from_the_tasks_to_the_bucket(production: Settings) -> None:
    drawn = build(changed(production, "buckets", UPLOADS)).system

    arrows = {(arrow.source, arrow.target) for arrow in scene(drawn, "test").arrows}
    assert ("ServiceService", "ServiceBucketUploads") in arrows


def test_the_gateway_endpoint_admits_the_bucket(system: System) -> None:
    """Without a policy of its own it admits every call, and it exists for each way out."""
    (endpoint,) = [
        body["Properties"]
        for body in of_type(system, "AWS::EC2::VPCEndpoint").values()
        if body["Properties"]["VpcEndpointType"] == "Gateway"
    ]

    assert "PolicyDocument" not in endpoint
