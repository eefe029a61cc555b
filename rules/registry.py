"""What a container registry keeps, and for how long."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import Fault, Resource, Rule, at, entries, is_expression, none_of, one_of

GUIDE = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/"
REPOSITORY = "AWS::ECR::Repository"
LIFECYCLE = ["LifecyclePolicy", "LifecyclePolicyText"]


def lifecycle(repository: Resource) -> Any:
    """A repository's lifecycle policy; empty where there is none, None where it is no JSON."""
    whole = repository.get(*LIFECYCLE)
    try:
        found = json.loads(whole) if isinstance(whole, str) else {}
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


class LifecycleIsValid(Rule):
    """ECR refuses a lifecycle policy that is no JSON, repeats a priority, counts days without
    a unit, selects tagged images without their tags, or has more rules after one on any."""

    id = "E9850"
    shortdesc = "A repository's lifecycle policy is valid"
    source_url = f"{GUIDE}lifecycle_policy_parameters.html"
    on = (REPOSITORY,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        policy = lifecycle(resource)
        if policy is None:
            yield LIFECYCLE, "the lifecycle policy is no JSON object; mend it"
        rules = [rule for _, rule in entries(policy, "rules")]
        priorities = [rule.get("rulePriority") for rule in rules]
        numbers = [priority for priority in priorities if isinstance(priority, int)]
        if len(set(map(str, priorities))) < len(priorities):
            yield LIFECYCLE, "two rules have one rulePriority; number them"
        if len(numbers) < len(rules) or min(numbers, default=1) < 1:
            yield LIFECYCLE, "each rule needs a rulePriority of 1 or more; number them"
        for rule in rules:
            last = rule.get("rulePriority") == max(numbers, default=None)
            for wrong in refused(rule, last=last):
                yield LIFECYCLE, wrong


def refused(rule: dict[str, Any], *, last: bool) -> Iterator[str]:
    """What ECR refuses in one rule of a lifecycle policy."""
    chosen = rule.get("selection")
    chosen = chosen if isinstance(chosen, dict) else {}
    status, kind = chosen.get("tagStatus"), str(chosen.get("countType"))
    tags = {"tagPrefixList", "tagPatternList"} & {key for key in chosen if chosen[key]}
    if status not in ("tagged", "untagged", "any"):
        yield f"there is no tagStatus {status}; use tagged, untagged or any"
    elif (status == "tagged") != bool(tags):
        yield "tagPrefixList or tagPatternList goes with tagged; mend it"
    if not kind.startswith(("imageCountMoreThan", "sinceImage")):
        yield f"there is no countType {kind}; use imageCountMoreThan"
    if not isinstance(chosen.get("countNumber"), int) or chosen["countNumber"] < 1:
        yield "countNumber is 1 or more; set it"
    if kind.startswith("sinceImage") != (chosen.get("countUnit") == "days"):
        yield "countUnit days goes with sinceImagePushed; mend it"
    if status == "any" and not last:
        yield "the rule on any comes last; give it the highest priority"
    if at(rule, "action", "type") not in ("expire", "transition"):
        yield "a rule's action is expire; set it"


KEPT = (
    ("ImageTagMutability", none_of("MUTABLE", None), "lets tags move; set IMMUTABLE"),
    ("LifecyclePolicy", bool, "keeps every image for ever; let the untagged expire"),
    ("ImageScanningConfiguration", lambda v: at(v, "ScanOnPush") not in (None, False, "false"),
     "scans nothing; set ScanOnPush"),
    ("EmptyOnDelete", one_of(None, False), "goes with all its images; leave it out"),
)  # fmt: skip


class RunningImagesAreKept(Rule):
    """Tasks pull their image again at every start: a tag that was moved, or an image that a
    lifecycle policy expired while it runs, breaks the next start. Keep tags immutable, let
    untagged images expire, and keep many tagged ones."""

    id = "W9851"
    shortdesc = "A repository keeps the images that run"
    source_url = f"{GUIDE}LifecyclePolicies.html"
    on = (REPOSITORY,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        for name, fits, fault in KEPT:
            value = None if resource.absent(name) else resource.raw(name)
            if not is_expression(value) and not fits(value):
                yield [name] if value else [], f"{resource.name}: {name} {fault}"
        for _, rule in entries(lifecycle(resource), "rules"):
            count, kind = (at(rule, "selection", f"count{k}") for k in ("Number", "Type"))
            few = kind == "sinceImagePushed" or (isinstance(count, int) and count < 30)
            if few and at(rule, "selection", "tagStatus") != "untagged":
                yield LIFECYCLE, "this may expire an image that runs; keep more of the tagged"
