"""Provide the statements of the deploy roles as `deploy-role` writes them."""

import contextlib
import io
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cfnlink.cli import main
from tests.helpers import example_output
from tests.operations.iam import ACCOUNT, REGION, Keys, Request, is_allowed, resolved

REPOSITORY = ("--repository", "octo/shop")
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/shop-account-PermissionsBoundary-1A2B3C4D5E6F"
ZONE = "Z1A2B3C4D5E6F7"
IMPORTS = {
    "shop-account-PermissionsBoundary": BOUNDARY,
    "shop-account-HostedZone": ZONE,
    "tiny-test-account-First": BOUNDARY,
}
# Services whose ARNs name no region, and no account.
GLOBAL, WITHOUT_ACCOUNT = ("iam", "cloudfront"), ("apigateway",)


def written(folder: Path, *options: str) -> dict[str, Any]:
    """Return the template that the command writes for an output folder."""
    with tempfile.TemporaryDirectory() as home, contextlib.redirect_stdout(io.StringIO()):
        assert main(["deploy-role", str(folder), *REPOSITORY, "--output", home, *options]) == 0
        (file,) = Path(home).glob("*.yaml")
        return dict(yaml.safe_load(file.read_text("utf-8")))


@cache
def statements(folder: Path, *options: str) -> tuple[dict[str, Any], ...]:
    """Return the statements of all policies of the role, as CloudFormation fills them in."""
    return tuple(
        statement
        for body in resolved(written(folder, *options), IMPORTS)["Resources"].values()
        if body["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in body["Properties"]["PolicyDocument"]["Statement"]
    )


def environment_may(environment: str, request: Request) -> bool:
    """Return whether the role of an environment of the example may make a request."""
    return is_allowed(statements(example_output(environment)), request)


def account_may(request: Request) -> bool:
    """Return whether the role of the account stack may make a request."""
    return is_allowed(statements(example_output("production"), "--account"), request)


def arn(service: str, end: str) -> str:
    """Return the ARN of a resource of ACCOUNT."""
    region = "" if service in GLOBAL else REGION
    account = "" if service in WITHOUT_ACCOUNT else ACCOUNT
    if service == "route53":
        region = account = ""
    return f"arn:aws:{service}:{region}:{account}:{end}"


def tags(environment: str | None, of: str = "Resource", project: str = "shop") -> Keys:
    """Return the keys of the two tags, of a resource or of a request."""
    found: Keys = {f"aws:{of}Tag/project": project}
    return found if environment is None else found | {f"aws:{of}Tag/environment": environment}


def ask(action: str, end: str = "*", *keys: Keys) -> Request:
    """Return a request on the resource whose ARN ends so, with some condition keys."""
    merged: Keys = {}
    for each in keys:
        merged |= each
    service = action.partition(":")[0]
    return Request(action, end if end == "*" else arn(service, end), merged)
