"""What the name of a region looks like, and tells."""

import re

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
# how the names of a partition's regions begin, by botocore's data/partitions.json; others: aws
PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}


def partition_of(region: str) -> str:
    """Return the partition of a region: aws, aws-cn and so on."""
    begins = (name for head, name in PARTITIONS.items() if region.startswith(head))
    return next(begins, "aws")
