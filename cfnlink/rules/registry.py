"""Container registries: which images they keep, and for how long."""

import json
from collections.abc import Iterator
from typing import Any

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import at, entries
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/"
PARAMETERS = f"{GUIDE}lifecycle_policy_parameters.html"
CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html"
REPOSITORY = "AWS::ECR::Repository"
LIFECYCLE = ["LifecyclePolicy", "LifecyclePolicyText"]


def lifecycle(repository: Resource) -> Any:
    """Return a repository's lifecycle policy; empty if it has none, None if it is no JSON."""
    whole = repository.get(*LIFECYCLE)
    try:
        found = json.loads(whole) if isinstance(whole, str) else {}
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def lifecycle_rules(repository: Resource) -> list[dict[str, Any]]:
    """Return the rules of a repository's lifecycle policy."""
    return [one for _, one in entries(lifecycle(repository), "rules")]


def selections(repository: Resource) -> Iterator[dict[str, Any]]:
    """Yield what each rule of a lifecycle policy selects."""
    for one in lifecycle_rules(repository):
        chosen = one.get("selection")
        yield chosen if isinstance(chosen, dict) else {}


@rule("E9870", REPOSITORY, PARAMETERS, formerly="E9850")
def lifecycle_policy_is_json(repository: Resource) -> Faults:
    """A repository's lifecycle policy is a JSON object.
    ECR rejects other text."""
    if lifecycle(repository) is None:
        yield LIFECYCLE, "the lifecycle policy is no JSON object; correct it"


@rule("E9871", REPOSITORY, PARAMETERS, formerly="E9850")
def lifecycle_rules_are_numbered(repository: Resource) -> Faults:
    """Each rule of a lifecycle policy has a rulePriority of its own.
    ECR rejects a priority that is missing, below 1 or repeated."""
    priorities = [one.get("rulePriority") for one in lifecycle_rules(repository)]
    numbers = [priority for priority in priorities if isinstance(priority, int)]
    if len(set(map(str, priorities))) < len(priorities):
        yield LIFECYCLE, "two rules have one rulePriority; number them"
    if len(numbers) < len(priorities) or min(numbers, default=1) < 1:
        yield LIFECYCLE, "each rule needs a rulePriority of 1 or more; number them"


@rule("E9872", REPOSITORY, PARAMETERS, formerly="E9850")
def lifecycle_rules_select_by_tag(repository: Resource) -> Faults:
    """A lifecycle rule has a tagStatus, and tags if the status is tagged.
    ECR rejects another status, tagged images without their tags, and tags without tagged."""
    for chosen in selections(repository):
        status = chosen.get("tagStatus")
        tags = {"tagPrefixList", "tagPatternList"} & {key for key in chosen if chosen[key]}
        if status not in ("tagged", "untagged", "any"):
            yield LIFECYCLE, f"there is no tagStatus {status}; use tagged, untagged or any"
        elif (status == "tagged") != bool(tags):
            how = "tagPrefixList or tagPatternList goes with tagStatus tagged"
            yield LIFECYCLE, f"{how}; set both"


@rule("E9873", REPOSITORY, PARAMETERS, formerly="E9850")
def lifecycle_rules_count_images(repository: Resource) -> Faults:
    """A lifecycle rule counts images, or days since they were pushed.
    ECR rejects another countType, a countNumber below 1, and days without their unit."""
    for chosen in selections(repository):
        kind = str(chosen.get("countType"))
        if not kind.startswith(("imageCountMoreThan", "sinceImage")):
            yield LIFECYCLE, f"there is no countType {kind}; use imageCountMoreThan"
        if not isinstance(chosen.get("countNumber"), int) or chosen["countNumber"] < 1:
            yield LIFECYCLE, "countNumber is 1 or more; set it"
        if kind.startswith("sinceImage") != (chosen.get("countUnit") == "days"):
            yield LIFECYCLE, "countUnit days goes with sinceImagePushed; set both"


@rule("E9874", REPOSITORY, PARAMETERS, formerly="E9850")
def lifecycle_rule_on_any_comes_last(repository: Resource) -> Faults:
    """The lifecycle rule on any image has the highest rulePriority.
    ECR rejects a rule after it."""
    rules = lifecycle_rules(repository)
    numbers = [one["rulePriority"] for one in rules if isinstance(one.get("rulePriority"), int)]
    for one, chosen in zip(rules, selections(repository), strict=True):
        last = one.get("rulePriority") == max(numbers, default=None)
        if chosen.get("tagStatus") == "any" and not last:
            yield LIFECYCLE, "the rule on any comes last; give it the highest priority"


@rule("E9875", REPOSITORY, PARAMETERS, formerly="E9850")
def lifecycle_rules_expire_images(repository: Resource) -> Faults:
    """A lifecycle rule's action is to expire or to move images.
    ECR rejects another action."""
    for one in lifecycle_rules(repository):
        if at(one, "action", "type") not in ("expire", "transition"):
            yield LIFECYCLE, "a rule's action is expire; set it"


@rule("W9874", REPOSITORY, CFN, formerly="W9851")
def tagged_images_are_kept(repository: Resource) -> Faults:
    """A lifecycle policy keeps many tagged images.
    Tasks pull their image at every start. A start fails if a lifecycle policy has expired
    the image."""
    for chosen in selections(repository):
        count, kind = chosen.get("countNumber"), chosen.get("countType")
        few = kind == "sinceImagePushed" or (isinstance(count, int) and count < 30)
        if few and chosen.get("tagStatus") != "untagged":
            yield LIFECYCLE, "this may expire an image that runs; keep more of the tagged"
