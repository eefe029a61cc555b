"""Bends of rules/secret.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend

I = "DatabaseInstance"  # noqa: E741
P = "Properties"
MASTER = ("DatabaseMasterSecret", P, "GenerateSecretString")
URL = ("DatabaseUrlSecret", P, "SecretString")
PASSWORD = ("DatabaseInstance", P, "MasterUserPassword")
CONTAINER = ("ServiceTaskDefinition", P, "ContainerDefinitions", 0)
DB_URL = (*CONTAINER, "Secrets", 0, "ValueFrom")


def changed(old: str, new: str) -> Any:
    """A Sub with its text changed."""
    return lambda sub: {"Fn::Sub": [sub["Fn::Sub"][0].replace(old, new), sub["Fn::Sub"][1]]}


def password(rule: str, old: str, new: str) -> Bend:
    """A bend of the reference to the master's password."""
    return Bend(rule, {PASSWORD: changed(old, new)}, PASSWORD)


def source(rule: str, value: Any) -> Bend:
    """A bend of the container's ValueFrom."""
    return Bend(rule, {DB_URL: value}, DB_URL)


def variable(rule: str, name: str, value: Any) -> Bend:
    """One environment variable becomes another."""
    path = (*CONTAINER, "Environment", 1)
    return Bend(rule, {path: {"Name": name, "Value": value}}, (*path, "Value"))


ROTATION = {
    "Type": "AWS::SecretsManager::RotationSchedule",
    "Properties": {"SecretId": {"Ref": "DatabaseMasterSecret"}},
}
APPLICATION = ("DatabaseApplicationSecret", P, "SecretString")
REFERENCE = "{{resolve:secretsmanager:${DatabaseMasterSecret}:SecretString:password}}"

BENDS = [
    Bend(
        "W9810",
        {
            (I, P, "MasterUsername"): {
                "Fn::Sub": "{{resolve:secretsmanager:${DatabaseMasterSecret}::username}}"
            },
            ("Rotation",): {
                "Type": "AWS::SecretsManager::RotationSchedule",
                "Properties": {"SecretId": {"Ref": "DatabaseMasterSecret"}},
            },
        },
        (I, P, "MasterUsername"),
    ),
    password("E9801", ":SecretString:password", ":password"),
    password("E9801", ":SecretString:", ":Secretstring:"),
    password("E9801", "password}}", "password}"),
    password("E9801", "password}}", "password:AWSCURRENT:1234}}"),
    password("E9801", "secretsmanager:${Master}", "secretsmanager:"),
    password("E9801", ":password}}", ":pasword}}"),
    password("E9801", ":SecretString:password}}", ":SecretString}}"),
    Bend("E9801", {(*MASTER, "GenerateStringKey"): "secret"}, PASSWORD),
    Bend("E9801", {(*MASTER, "SecretStringTemplate"): '{"user": "owner"}'}, APPLICATION),
    Bend(
        "E9801",
        {(*PASSWORD, "Fn::Sub", 1, "Master"): {"Ref": "DatabaseLogGroupUpgrade"}},
        PASSWORD,
    ),
    Bend("E9803", {(*MASTER, "GenerateStringKey"): REMOVE}, MASTER),
    Bend("E9803", {(*MASTER, "SecretStringTemplate"): REMOVE}, MASTER),
    Bend(
        "E9803",
        {(*MASTER, "SecretStringTemplate"): "{username: owner}"},
        (*MASTER, "SecretStringTemplate"),
    ),
    Bend("E9803", {(*MASTER, "PasswordLength"): 6}, (*MASTER, "PasswordLength")),
    Bend("E9803", {(*MASTER, "ExcludePunctuation"): False}, MASTER),
    Bend("E9803", {(*MASTER, "ExcludePunctuation"): REMOVE}, MASTER),
    Bend("E9803", {(*MASTER, "IncludeSpace"): True}, (*MASTER, "IncludeSpace")),
    Bend(
        "W9804",
        {(*MASTER, "ExcludePunctuation"): REMOVE, (*MASTER, "ExcludeCharacters"): '/@"'},
        MASTER,
    ),
    Bend("W9805", {URL: "postgres://owner:pass1234@db.internal:5432/app"}, URL),
    Bend("W9805", {APPLICATION: '{"username": "owner", "password": "hunter22"}'}, APPLICATION),
    Bend("W9805", {APPLICATION: "hunter22"}, APPLICATION),
    variable("W9805", "DB_PASSWORD", "hunter22"),
    variable("W9805", "URL", "postgres://owner:hunter22@db/app"),
    Bend("W9805", {APPLICATION: {"Ref": "ServiceImageTag"}}, APPLICATION),
    variable("W9805", "API_KEY", {"Ref": "ServiceImageTag"}),
    variable("W9805", "DB_PASSWORD", {"Fn::Sub": REFERENCE}),
    Bend(
        "W9805", {(*CONTAINER, "Command"): [{"Fn::Sub": REFERENCE}]}, (*CONTAINER, "Command", 0)
    ),
    Bend(
        "W9805",
        {("ServiceCluster", "Metadata"): {"Password": {"Fn::Sub": REFERENCE}}},
        ("ServiceCluster", "Metadata"),
    ),
    Bend("E9803", {(*MASTER[:2], "SecretString"): "{}"}, (*MASTER[:2], "SecretString")),
    Bend("E9803", {MASTER: REMOVE}, MASTER[:2]),
    Bend("W9810", {("Rotation",): ROTATION}, APPLICATION),
    Bend(
        "W9810",
        {
            (*APPLICATION, "Fn::Sub", 1, "Master"): {
                "Fn::GetAtt": ["DatabaseInstance", "MasterUserSecret.SecretArn"]
            }
        },
        APPLICATION,
    ),
    Bend(
        "E9812",
        {("DatabaseInstance", P, "MasterUsername"): "master"},
        ("DatabaseInstance", P, "MasterUsername"),
    ),
    Bend(
        "E9812",
        {(*MASTER, "SecretStringTemplate"): '{"username": "postgres"}'},
        ("DatabaseInstance", P, "MasterUsername"),
    ),
    source("E9813", {"Fn::Sub": "{{resolve:secretsmanager:${DatabaseUrlSecret}}}"}),
    source("E9813", "shop/db-url:url::"),
    source("E9813", {"Fn::Sub": "${DatabaseMasterSecret}:password"}),
    source("E9813", {"Fn::Sub": "${DatabaseMasterSecret}:passwd::"}),
    source("E9813", {"Fn::Sub": ["${S}:url::", {"S": {"Ref": "DatabaseMasterSecret"}}]}),
    source("E9813", {"Fn::Join": ["", [{"Ref": "DatabaseMasterSecret"}, ":key::"]]}),
    source("E9813", {"Fn::Sub": "${DatabaseUrlSecret}:DB_URL::"}),
    source("W9813", {"Ref": "DatabaseMasterSecret"}),
    Bend("E9813", {("ServiceTaskDefinition", P, "ExecutionRoleArn"): REMOVE}, DB_URL),
    Bend("E9402", {(*CONTAINER, "Environment", 1, "Name"): "DB_URL"}, DB_URL[:-1]),
]
