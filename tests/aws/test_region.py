"""The name of a region tells its partition."""

import botocore.session

from cfnlink.aws.limits import regions
from cfnlink.aws.region import partition_of


def test_the_partition_of_every_region_is_that_of_botocore() -> None:
    session = botocore.session.get_session()
    known = {
        region: partition
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition)
    }

    assert {"aws", "aws-cn", "aws-us-gov"} <= {*known.values()}
    assert {region: partition_of(region) for region in known} == known
    for region in regions():
        assert partition_of(region) == session.get_partition_for_region(region)
