"""Container registries: which images they keep, and for how long."""

import json
from collections.abc import Iterator
from typing import Any

from cfnlink.lint.conditions import none_of, one_of
from cfnlink.lint.rule import Faults, Row, rule
from cfnlink.system.expressions import at, entries
from cfnlink.system.template import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/"
CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
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


@rule("E9850", REPOSITORY, f"{GUIDE}lifecycle_policy_parameters.html")
def lifecycle_is_valid(repository: Resource) -> Faults:
    """A repository's lifecycle policy is valid.
    ECR rejects a lifecycle policy that is no JSON, repeats a priority, counts days without a
    unit, selects tagged images without their tags, or has rules after a rule on any image."""
    policy = lifecycle(repository)
    if policy is None:
        yield LIFECYCLE, "the lifecycle policy is no JSON object; correct it"
    rules = [one for _, one in entries(policy, "rules")]
    priorities = [one.get("rulePriority") for one in rules]
    numbers = [priority for priority in priorities if isinstance(priority, int)]
    if len(set(map(str, priorities))) < len(priorities):
        yield LIFECYCLE, "two rules have one rulePriority; number them"
    if len(numbers) < len(rules) or min(numbers, default=1) < 1:
        yield LIFECYCLE, "each rule needs a rulePriority of 1 or more; number them"
    for one in rules:
        last = one.get("rulePriority") == max(numbers, default=None)
        for wrong in refused(one, last=last):
            yield LIFECYCLE, wrong


def refused(one: dict[str, Any], *, last: bool) -> Iterator[str]:
    """Yield what ECR rejects in one rule of a lifecycle policy."""
    chosen = one.get("selection")
    chosen = chosen if isinstance(chosen, dict) else {}
    status, kind = chosen.get("tagStatus"), str(chosen.get("countType"))
    tags = {"tagPrefixList", "tagPatternList"} & {key for key in chosen if chosen[key]}
    if status not in ("tagged", "untagged", "any"):
        yield f"there is no tagStatus {status}; use tagged, untagged or any"
    elif (status == "tagged") != bool(tags):
        yield "tagPrefixList or tagPatternList goes with tagStatus tagged; set both"
    if not kind.startswith(("imageCountMoreThan", "sinceImage")):
        yield f"there is no countType {kind}; use imageCountMoreThan"
    if not isinstance(chosen.get("countNumber"), int) or chosen["countNumber"] < 1:
        yield "countNumber is 1 or more; set it"
    if kind.startswith("sinceImage") != (chosen.get("countUnit") == "days"):
        yield "countUnit days goes with sinceImagePushed; set both"
    if status == "any" and not last:
        yield "the rule on any comes last; give it the highest priority"
    if at(one, "action", "type") not in ("expire", "transition"):
        yield "a rule's action is expire; set it"


@rule("W9851", REPOSITORY, f"{CFN}aws-resource-ecr-repository.html")
def running_images_are_kept(repository: Resource) -> Faults:
    """A repository keeps the images that run.
    Tasks pull their image at every start. A start fails if a lifecycle policy has expired
    the image, and runs another image if the tag was moved. Keep tags immutable, let untagged
    images expire, and keep many tagged ones."""
    yield Row("ImageTagMutability!", none_of("MUTABLE"), "tags move; set IMMUTABLE")
    yield Row("LifecyclePolicy!", bool, "every image is kept; let the untagged expire")
    # Absent is fine: AWS moves scanning to the registry's own configuration.
    yield Row("ImageScanningConfiguration.ScanOnPush", one_of(True), "set true, or drop it")
    yield Row("EmptyOnDelete", one_of(False), "it goes with all its images; leave it out")
    for _, one in entries(lifecycle(repository), "rules"):
        count, kind = (at(one, "selection", f"count{k}") for k in ("Number", "Type"))
        few = kind == "sinceImagePushed" or (isinstance(count, int) and count < 30)
        if few and at(one, "selection", "tagStatus") != "untagged":
            yield LIFECYCLE, "this may expire an image that runs; keep more of the tagged"
