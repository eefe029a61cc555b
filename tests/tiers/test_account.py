"""Production has the facts that a reviewer asks for about the account stack."""

import json
from typing import Any

from build import Built
from cfnlink.operations.database import PSQL_TAG
from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, of_type, resources_of


def test_the_account_stack_is_the_same_in_all_environments(built: dict[str, Built]) -> None:
    texts = {environment.files["account.yaml"] for environment in built.values()}
    tags = {json.dumps(manifest(environment)["tags"]) for environment in built.values()}

    assert len(texts) == len(tags) == 1


def manifest(environment: Built) -> dict[str, Any]:
    stacks = json.loads(environment.files["manifest.json"])["stacks"]
    return dict(stacks[0])


def test_images_keep_their_tags_and_are_scanned(system: System) -> None:
    repository = properties(system, "AccountRepository")

    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_tagged_images_go_only_by_a_count_in_the_hundreds(system: System) -> None:
    policy = properties(system, "AccountRepository")["LifecyclePolicy"]["LifecyclePolicyText"]
    chosen = [rule["selection"] for rule in json.loads(policy)["rules"]]

    for tagged in (each for each in chosen if each["tagStatus"] == "tagged"):
        assert tagged["countType"] == "imageCountMoreThan"
        assert tagged["countNumber"] >= 100


def test_no_image_of_the_service_pushes_psql_out(system: System) -> None:
    """No later rule expires what the tags of an earlier rule match."""
    policy = properties(system, "AccountRepository")["LifecyclePolicy"]["LifecyclePolicyText"]
    rules = sorted(json.loads(policy)["rules"], key=lambda rule: int(rule["rulePriority"]))

    assert rules[0]["selection"]["tagPatternList"] == ["psql-*"]
    assert PSQL_TAG.startswith("psql-")


def test_deleting_the_account_stack_leaves_everything(system: System) -> None:
    account = {name: body for name, body in system.items() if name.startswith("Account")}

    assert {body["DeletionPolicy"] for body in account.values()} == {"RetainExceptOnCreate"}


def test_an_existing_log_role_is_left_to_its_owner(production: Settings) -> None:
    system = resources_of(changed(production, "account.api_gateway_log_role", "existing"))

    assert not of_type(system, "AWS::ApiGateway::Account")


def test_a_zone_taken_by_id_is_not_created(production: Settings) -> None:
    system = resources_of(changed(production, "account.hosted_zone_id", "Z0123456789"))

    assert not of_type(system, "AWS::Route53::HostedZone")
    assert properties(system, "DnsAlias")["HostedZoneId"] == "Z0123456789"


def test_no_budget_leaves_the_account_stack_as_it_is(system: System) -> None:
    assert not of_type(system, "AWS::Budgets::Budget")


def test_a_budget_notifies_by_mail_and_by_a_topic_that_admits_it(production: Settings) -> None:
    with_budget = changed(production, "account.monthly_budget_usd", 100)
    system = resources_of(changed(with_budget, "account.budget_email", "ops@example.com"))
    budget = properties(system, "AccountBudget")
    policy = properties(system, "AccountBudgetTopicPolicy")["PolicyDocument"]

    assert budget["Budget"]["BudgetLimit"] == {"Amount": 100, "Unit": "USD"}
    assert "CostFilters" not in budget["Budget"]
    for notified in budget["NotificationsWithSubscribers"]:
        assert notified["Subscribers"] == [
            {"SubscriptionType": "SNS", "Address": {"Ref": "AccountBudgetTopic"}},
            {"SubscriptionType": "EMAIL", "Address": "ops@example.com"},
        ]
    assert policy["Statement"][0]["Principal"] == {"Service": "budgets.amazonaws.com"}


def test_a_budget_by_tag_counts_only_the_project(production: Settings) -> None:
    with_budget = changed(production, "account.monthly_budget_usd", 100)
    system = resources_of(changed(with_budget, "account.budget_by_tag", value=True))

    filters = properties(system, "AccountBudget")["Budget"]["CostFilters"]
    assert filters == {"TagKeyValue": ["user:project$shop"]}
