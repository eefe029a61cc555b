"""Bad cases of cfnlink/rules/registry.py."""

import json
from typing import Any

from tests.rules.cases import REMOVE, case, replaced

LIFECYCLE = "AccountRepository.LifecyclePolicy.LifecyclePolicyText"


def policy(**selection: Any) -> dict[str, str]:
    """Return a lifecycle policy of one rule."""
    rules = [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]
    return {LIFECYCLE: json.dumps({"rules": rules})}


BAD_CASES = [
    case("E9870", {LIFECYCLE: "{rules: []}"}),
    case("E9871", {LIFECYCLE: replaced('": 1,', '": 0,')}),
    case("E9871", {LIFECYCLE: replaced('": 2,', '": 1,')}),
    case("E9872", policy(tagStatus="tagged", countType="imageCountMoreThan", countNumber=500)),
    case("E9872", policy(tagStatus="all", countType="imageCountMoreThan", countNumber=500)),
    case("E9873", policy(tagStatus="untagged", countType="sinceImagePushed", countNumber=14)),
    case("E9873", policy(tagStatus="any", countType="imageCount", countNumber=500)),
    case("E9873", policy(tagStatus="any", countType="imageCountMoreThan", countNumber=0)),
    case("E9874", {LIFECYCLE: replaced('"untagged"', '"any"')}),
    case("E9875", {LIFECYCLE: replaced('"expire"', '"delete"')}),
    case("W9870", {"AccountRepository.ImageTagMutability": "MUTABLE"}),
    case("W9871", {"AccountRepository.LifecyclePolicy": REMOVE}),
    case("W9872", {"AccountRepository.ImageScanningConfiguration.ScanOnPush": False}),
    case("W9873", {"AccountRepository.EmptyOnDelete": True}),
    case("W9874", policy(tagStatus="any", countType="imageCountMoreThan", countNumber=5)),
    case(
        "W9874",
        policy(tagStatus="any", countType="sinceImagePushed", countUnit="days", countNumber=30),
    ),
]

ACCEPTED = [case("W9872", {"AccountRepository.ImageScanningConfiguration": REMOVE})]
