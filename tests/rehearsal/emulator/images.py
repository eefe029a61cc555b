"""ECR: a repository has every tag that is asked for, for both CPUs of Fargate.

Only `make emulator` loads this, so that a deployment needs no docker: no image is behind a tag.
"""

import json
from collections.abc import Callable

from ministack.services import ecr
from registry import Answer, Properties, patch

PLATFORMS = [
    {"platform": {"os": "linux", "architecture": "arm64"}},
    {"platform": {"os": "linux", "architecture": "amd64"}},
]


@patch(ecr, "_batch_get_image")
@patch(ecr, "_describe_images")
def _with_every_tag(old: Callable[..., Answer], data: Properties) -> Answer:
    """An absent tag was ImageNotFound."""
    name = data.get("repositoryName", "")
    for image in data.get("imageIds") or []:
        tag = image.get("imageTag")
        if tag and name in ecr._repositories and not ecr._find_image(name, image):
            # An index: https://github.com/opencontainers/image-spec/blob/main/image-index.md
            index = {"schemaVersion": 2, "manifests": PLATFORMS, "annotations": {"tag": tag}}
            asked = {
                "repositoryName": name,
                "imageTag": tag,
                "imageManifest": json.dumps(index),
            }
            ecr._put_image(asked)
    return old(data)
