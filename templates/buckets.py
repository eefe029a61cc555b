"""Buckets of the service: what they hold stays when they leave the settings."""

from collections.abc import Mapping
from typing import Any

from awacs.aws import Action, Bool, Condition, Deny, Principal, Statement
from troposphere import Join, s3

from templates.boundary import BUCKET_ACTIONS, OBJECT_ACTIONS
from templates.rights import allow, policy_document
from templates.settings import BucketSettings
from templates.settings.buckets import bucket_variable
from templates.stack import KEPT, Stack
from templates.task import Granted


def add_buckets(stack: Stack, buckets: Mapping[str, BucketSettings]) -> Granted:
    """Add the buckets; return their variables, and the rights on exactly these."""
    made = {name: _add_bucket(stack, name.title(), each) for name, each in buckets.items()}
    return Granted(
        {bucket_variable(name): bucket.ref() for name, bucket in made.items()},
        tuple(each for bucket in made.values() for each in _rights(bucket)),
    )


def _add_bucket(stack: Stack, title: str, settings: BucketSettings) -> s3.Bucket:
    """Without a name of its own: those are taken worldwide, and this one may stay."""
    bucket = stack.add(
        s3.Bucket(
            f"Bucket{title}",
            **KEPT,
            BucketEncryption=_encryption(),
            PublicAccessBlockConfiguration=_no_public_access(),
            OwnershipControls=s3.OwnershipControls(
                Rules=[s3.OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]
            ),
            LifecycleConfiguration=s3.LifecycleConfiguration(Rules=_lifecycle(settings)),
            **_versions(settings),
            **_cors(settings),
        )
    )
    stack.add(_policy(title, bucket))
    return bucket


def _encryption() -> s3.BucketEncryption:
    """S3's own keys: a key of KMS would cost a call for each object."""
    by_default = s3.ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
    rule = s3.ServerSideEncryptionRule(ServerSideEncryptionByDefault=by_default)
    return s3.BucketEncryption(ServerSideEncryptionConfiguration=[rule])


def _no_public_access() -> s3.PublicAccessBlockConfiguration:
    return s3.PublicAccessBlockConfiguration(
        BlockPublicAcls=True,
        BlockPublicPolicy=True,
        IgnorePublicAcls=True,
        RestrictPublicBuckets=True,
    )


def _lifecycle(settings: BucketSettings) -> list[s3.LifecycleRule]:
    """The rule about older versions stands without versions too: it ends those that a time
    with versions left.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    rules = [
        s3.LifecycleRule(
            Id="incomplete-uploads",
            Status="Enabled",
            AbortIncompleteMultipartUpload=s3.AbortIncompleteMultipartUpload(
                DaysAfterInitiation=settings.abort_upload_days
            ),
        ),
        s3.LifecycleRule(
            Id="older-versions",
            Status="Enabled",
            NoncurrentVersionExpiration=s3.NoncurrentVersionExpiration(
                NoncurrentDays=settings.noncurrent_days
            ),
            ExpiredObjectDeleteMarker=True,
        ),
    ]
    if settings.expire_days is not None:
        rules.append(
            s3.LifecycleRule(
                Id="expired", Status="Enabled", ExpirationInDays=settings.expire_days
            )
        )
    return rules


def _versions(settings: BucketSettings) -> dict[str, Any]:
    """A bucket that never had versions has no such property: a suspended one marks each
    deleted object."""
    if not settings.versioned:
        return {}
    return {"VersioningConfiguration": s3.VersioningConfiguration(Status="Enabled")}


def _cors(settings: BucketSettings) -> dict[str, Any]:
    """A page needs the header ETag to complete an upload in parts.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    if not settings.cors_origins:
        return {}
    rule = s3.CorsRules(
        AllowedOrigins=list(settings.cors_origins),
        AllowedMethods=list(settings.cors_methods),
        AllowedHeaders=["*"],
        ExposedHeaders=["ETag"],
        MaxAge=3600,
    )
    return {"CorsConfiguration": s3.CorsConfiguration(CorsRules=[rule])}


def _policy(title: str, bucket: s3.Bucket) -> s3.BucketPolicy:
    """Refuse what comes without TLS; it stays with the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    return s3.BucketPolicy(
        f"TlsOnly{title}",
        **KEPT,
        Bucket=bucket.ref(),
        PolicyDocument=policy_document(
            [
                Statement(
                    Effect=Deny,
                    Principal=Principal("*"),
                    Action=[Action("s3", "*")],
                    Resource=[bucket.get_att("Arn"), _objects(bucket)],
                    Condition=Condition(Bool({"aws:SecureTransport": "false"})),
                )
            ]
        ),
    )


def _rights(bucket: s3.Bucket) -> list[Statement]:
    return [
        allow(OBJECT_ACTIONS, [_objects(bucket)]),
        allow(BUCKET_ACTIONS, [bucket.get_att("Arn")]),
    ]


def _objects(bucket: s3.Bucket) -> Join:
    return Join("", [bucket.get_att("Arn"), "/*"])
