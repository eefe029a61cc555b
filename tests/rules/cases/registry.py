"""Bad cases of cfnlink/rules/registry.py."""

import json
from typing import Any

from tests.rules.cases import REMOVE, BadCase

P = "Properties"
REPOSITORY = ("AccountRepository", P)
LIFECYCLE = (*REPOSITORY, "LifecyclePolicy", "LifecyclePolicyText")


def expiry(rule: str, **selection: Any) -> BadCase:
    """A lifecycle policy of one rule."""
    rules = [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]
    return BadCase(rule, {LIFECYCLE: json.dumps({"rules": rules})}, LIFECYCLE)


BAD_CASES = [
    BadCase("E9850", {LIFECYCLE: "{rules: []}"}, LIFECYCLE),
    expiry("E9850", tagStatus="untagged", countType="sinceImagePushed", countNumber=14),
    expiry("E9850", tagStatus="tagged", countType="imageCountMoreThan", countNumber=500),
    expiry("E9850", tagStatus="all", countType="imageCountMoreThan", countNumber=500),
    expiry("E9850", tagStatus="any", countType="imageCount", countNumber=500),
    expiry("E9850", tagStatus="any", countType="imageCountMoreThan", countNumber=0),
    BadCase("E9850", {LIFECYCLE: lambda text: text.replace('"expire"', '"delete"')}, LIFECYCLE),
    BadCase("E9850", {LIFECYCLE: lambda text: text.replace('": 1,', '": 0,')}, LIFECYCLE),
    BadCase("E9850", {LIFECYCLE: lambda text: text.replace('": 2,', '": 1,')}, LIFECYCLE),
    expiry("W9851", tagStatus="any", countType="imageCountMoreThan", countNumber=5),
    expiry(
        "W9851", tagStatus="any", countType="sinceImagePushed", countUnit="days", countNumber=30
    ),
    BadCase(
        "W9851",
        {(*REPOSITORY, "ImageTagMutability"): "MUTABLE"},
        (*REPOSITORY, "ImageTagMutability"),
    ),
    BadCase("W9851", {(*REPOSITORY, "LifecyclePolicy"): REMOVE}, REPOSITORY),
    BadCase(
        "W9851",
        {(*REPOSITORY, "ImageScanningConfiguration", "ScanOnPush"): False},
        (*REPOSITORY, "ImageScanningConfiguration", "ScanOnPush"),
    ),
    BadCase("W9851", {(*REPOSITORY, "EmptyOnDelete"): True}, (*REPOSITORY, "EmptyOnDelete")),
]

ACCEPTED = [
    BadCase("W9851", {(*REPOSITORY, "ImageScanningConfiguration"): REMOVE}),
]
