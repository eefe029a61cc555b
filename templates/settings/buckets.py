"""Settings of buckets."""

from typing import Annotated, Literal

from pydantic import Field

from templates.settings.values import Section, WebOrigin

Days = Annotated[int, Field(ge=1, le=36_500)]


class BucketSettings(Section):
    """A private bucket of S3. Its name is `BUCKET_<NAME>` in every container."""

    versioned: bool = False
    """Keep replaced and deleted objects as older versions. S3 can suspend this later, and
    does not go back to a bucket without versions."""
    noncurrent_days: Days = 30
    """Days until S3 deletes an older version, also one from before `versioned = false`."""
    expire_days: Days | None = None
    """Days until S3 deletes an object; left out, none is deleted."""
    abort_upload_days: Days = 7
    """Days until S3 deletes the parts of an upload that was never completed."""
    cors_origins: tuple[WebOrigin, ...] = ()
    """Origins whose pages may send requests that the service signed, such as uploads."""
    cors_methods: tuple[Literal["GET", "HEAD", "PUT", "POST", "DELETE"], ...] = (
        "GET",
        "HEAD",
        "PUT",
        "POST",
    )
    """Methods that these pages may use."""


def bucket_variable(name: str) -> str:
    """Return the variable that holds a bucket's name: uploads -> BUCKET_UPLOADS."""
    return f"BUCKET_{name.upper()}"
