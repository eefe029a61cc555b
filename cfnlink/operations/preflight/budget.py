"""Whether AWS counts the costs of a budget that is limited to a tag."""

from collections.abc import Iterator

from cfnlink.operations.aws_cli import aws_global
from cfnlink.operations.check import OK, WARNING, Found
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.system.resource import Resource

BUDGET = "AWS::Budgets::Budget"
TAGS = "TagKeyValue"  # a filter such as {"TagKeyValue": ["user:project$shop"]}


def tag_is_active(context: PreflightContext) -> Iterator[Found]:
    """A tag counts only after the payer's account has activated it for cost allocation.

    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
    """
    for key in sorted({key for each in context.system.of(BUDGET) for key in _keys(each)}):
        active = context.environment.clients.ce.list_cost_allocation_tags(
            Status="Active", TagKeys=[key]
        )["CostAllocationTags"]
        if active:
            yield OK, f"the tag {key} is active for cost allocation"
            continue
        words = "ce", "update-cost-allocation-tags-status", "--cost-allocation-tags-status"
        fix = aws_global(*words, f"TagKey={key},Status=Active")
        says = f"the budget counts nothing: the tag {key} is not active for cost allocation"
        yield WARNING, says, f"in the payer's account: {fix}"


def _keys(budget: Resource) -> Iterator[str]:
    filters = budget.properties.get("Budget", {}).get("CostFilters", {})
    for entry in filters.get(TAGS, []):
        yield str(entry).partition("$")[0].removeprefix("user:")
