"""Secrets of the database: its owner, its application, and the URL.

docs/decisions/0005-db-url.md and
docs/decisions/0018-rotation.md have the reasons.
"""

import json

from troposphere import Sub, rds, secretsmanager

from templates.settings import DatabaseSettings
from templates.stack import KEPT

DATABASE = "app"
# Where the example's Dockerfile puts the certificates of RDS.
CERTIFICATES = "/etc/ssl/rds/global-bundle.pem"
PASSWORD_LENGTH = 32


def master_secret(username: str) -> secretsmanager.Secret:
    """The instance's master user. Any edit of this block generates another password at once,
    without a message: a test pins it. RDS forbids / " @ and space; a URL forbids more."""
    return secretsmanager.Secret(
        "MasterSecret",
        **KEPT,
        Description="The database's owner; the instance is created with it.",
        GenerateSecretString=secretsmanager.GenerateSecretString(
            SecretStringTemplate=json.dumps({"username": username}),
            GenerateStringKey="password",
            PasswordLength=PASSWORD_LENGTH,
            ExcludePunctuation=True,
        ),
    )


def application_secret(master: secretsmanager.Secret) -> secretsmanager.Secret:
    """The user of the service: first the master, after a rotation two users in turn."""
    user = {key: reference("Master", key) for key in ("username", "password")}
    return secretsmanager.Secret(
        "ApplicationSecret",
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        Description="The database user whose turn it is.",
        SecretString=Sub(json.dumps(user), Master=master.ref()),
    )


def url_secret(
    database: DatabaseSettings,
    instance: rds.DBInstance,
    application: secretsmanager.Secret,
) -> secretsmanager.Secret:
    """DB_URL for the container; letters and digits need no escaping in a URL."""
    user = reference("Application", "username")
    password = reference("Application", "password")
    options = {
        "require": "sslmode=require",
        "verify-full": f"sslmode=verify-full&sslrootcert={CERTIFICATES}",
    }
    return secretsmanager.Secret(
        "UrlSecret",
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        Description="DB_URL of the service.",
        SecretString=Sub(
            f"postgres://{user}:{password}@${{Host}}:${{Port}}/{DATABASE}?"
            f"{options[database.ssl_mode]}",
            Application=application.ref(),
            Host=instance.get_att("Endpoint.Address"),
            Port=instance.get_att("Endpoint.Port"),
        ),
    )


def reference(secret: str, key: str) -> str:
    """A dynamic reference: CloudFormation reads the value, the template never holds it.

    CloudFormation reads it again only when it updates the resource for another reason.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
    """
    return f"{{{{resolve:secretsmanager:${{{secret}}}:SecretString:{key}}}}}"
