"""Combinations of the settings of buckets."""

from collections.abc import Iterator

from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.model import Settings

# CloudFormation makes a bucket's name of the stack's, the logical id and 14 characters of its
# own, and S3 takes 63. Where they do not fit, CloudFormation shortens the name of the stack,
# and the permissions boundary does not know it as the environment's.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
# How CloudFormation shortens is not verified; names.py of the operations has its source.
ROOM = 63 - 14


def _name_fits(settings: Settings) -> Iterator[InvalidCombination]:
    for name in settings.buckets:
        excess = len(f"{settings.system}-serviceBucket{name}") - ROOM
        if excess > 0:
            yield InvalidCombination(
                (f"buckets.{name}", "project"),
                f"the bucket's name is {excess} characters too long behind {settings.system}",
                f"a name of {len(name) - excess} characters or less"
                if len(name) > excess
                else "a shorter name of the project or the environment",
            )


def _cors(settings: Settings) -> Iterator[InvalidCombination]:
    for name, bucket in settings.buckets.items():
        if bucket.cors_origins and not bucket.cors_methods:
            yield InvalidCombination(
                (f"buckets.{name}.cors_methods", f"buckets.{name}.cors_origins"),
                "the origins may use no method",
                'at least one, such as ["PUT"]',
            )


CHECKS = (_name_fits, _cors)
