"""What the name of a region looks like."""

import re

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
