"""A bucket outlives its settings and its environment, with what it holds."""

import re
from pathlib import Path

import pytest

from build import build, write
from tests.helpers import changed, example_settings
from tests.operations.helpers import run
from tests.rehearsal.cloud import Cloud

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]


def test_a_bucket_stays_with_its_objects(cloud: Cloud, tmp_path: Path) -> None:
    folder, settings = tmp_path / "development", example_settings("development")
    s3 = cloud.client("s3")

    write(build(changed(settings, "buckets", {"uploads": {}, "exports": {}})), tmp_path)
    first = run(cloud, "deploy", folder, "--image-tag", "1")
    names = sorted(each["Name"] for each in s3.list_buckets()["Buckets"])
    for name in names:
        s3.put_object(Bucket=name, Key="a", Body=b"x")
    write(build(changed(settings, "buckets", {"exports": {}})), tmp_path)
    planned = run(cloud, "plan", folder)
    second = run(cloud, "deploy", folder)
    destroyed = run(cloud, "destroy", folder, "--yes", "development", "--really")

    assert (first.code, second.code, destroyed.code) == (0, 0, 0), (first.err, second.err)
    assert len(names) == 2
    said = "removed: BucketUploads, AWS::S3::Bucket; it stays at AWS, in no stack, with the obj"
    assert said in planned.out
    found = re.search(r"left: BucketExports .* until you delete it: (.*)", destroyed.out)
    assert found, destroyed.out
    exports, uploads = names
    cloud.run(found[1])
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [uploads]
    assert s3.get_object(Bucket=uploads, Key="a")["Body"].read() == b"x"
    assert exports in found[1]
