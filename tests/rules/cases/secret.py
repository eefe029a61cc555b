"""Bad cases of cfnlink/rules/secret.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase

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


def password(rule: str, old: str, new: str) -> BadCase:
    """A case of the reference to the master's password."""
    return BadCase(rule, {PASSWORD: changed(old, new)}, PASSWORD)


def source(rule: str, value: Any) -> BadCase:
    """A case of the container's ValueFrom."""
    return BadCase(rule, {DB_URL: value}, DB_URL)


def variable(rule: str, name: str, value: Any) -> BadCase:
    """One environment variable becomes another."""
    path = (*CONTAINER, "Environment", 1)
    return BadCase(rule, {path: {"Name": name, "Value": value}}, (*path, "Value"))


ROTATION = {
    "Type": "AWS::SecretsManager::RotationSchedule",
    "Properties": {"SecretId": {"Ref": "DatabaseMasterSecret"}},
}
APPLICATION = ("DatabaseApplicationSecret", P, "SecretString")
REFERENCE = "{{resolve:secretsmanager:${DatabaseMasterSecret}:SecretString:password}}"

BAD_CASES = [
    BadCase(
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
    BadCase("E9801", {(*MASTER, "GenerateStringKey"): "secret"}, PASSWORD),
    BadCase("E9801", {(*MASTER, "SecretStringTemplate"): '{"user": "owner"}'}, APPLICATION),
    BadCase(
        "E9801",
        {(*PASSWORD, "Fn::Sub", 1, "Master"): {"Ref": "DatabaseLogGroupUpgrade"}},
        PASSWORD,
    ),
    BadCase("E9803", {(*MASTER, "GenerateStringKey"): REMOVE}, MASTER),
    BadCase("E9803", {(*MASTER, "SecretStringTemplate"): REMOVE}, MASTER),
    BadCase(
        "E9803",
        {(*MASTER, "SecretStringTemplate"): "{username: owner}"},
        (*MASTER, "SecretStringTemplate"),
    ),
    BadCase("E9803", {(*MASTER, "PasswordLength"): 6}, (*MASTER, "PasswordLength")),
    BadCase("E9803", {(*MASTER, "ExcludePunctuation"): False}, MASTER),
    BadCase("E9803", {(*MASTER, "ExcludePunctuation"): REMOVE}, MASTER),
    BadCase("E9803", {(*MASTER, "IncludeSpace"): True}, (*MASTER, "IncludeSpace")),
    BadCase(
        "W9804",
        {(*MASTER, "ExcludePunctuation"): REMOVE, (*MASTER, "ExcludeCharacters"): '/@"'},
        MASTER,
    ),
    BadCase("W9805", {URL: "postgres://owner:pass1234@db.internal:5432/app"}, URL),
    BadCase(
        "W9805", {APPLICATION: '{"username": "owner", "password": "hunter22"}'}, APPLICATION
    ),
    BadCase("W9805", {APPLICATION: "hunter22"}, APPLICATION),
    variable("W9805", "DB_PASSWORD", "hunter22"),
    variable("W9805", "URL", "postgres://owner:hunter22@db/app"),
    BadCase("W9805", {APPLICATION: {"Ref": "ServiceImageTag"}}, APPLICATION),
    variable("W9805", "API_KEY", {"Ref": "ServiceImageTag"}),
    variable("W9805", "DB_PASSWORD", {"Fn::Sub": REFERENCE}),
    BadCase(
        "W9805", {(*CONTAINER, "Command"): [{"Fn::Sub": REFERENCE}]}, (*CONTAINER, "Command", 0)
    ),
    BadCase(
        "W9805",
        {("ServiceCluster", "Metadata"): {"Password": {"Fn::Sub": REFERENCE}}},
        ("ServiceCluster", "Metadata"),
    ),
    BadCase("E9803", {(*MASTER[:2], "SecretString"): "{}"}, (*MASTER[:2], "SecretString")),
    BadCase("E9803", {MASTER: REMOVE}, MASTER[:2]),
    BadCase("W9810", {("Rotation",): ROTATION}, APPLICATION),
    BadCase(
        "W9810",
        {
            (*APPLICATION, "Fn::Sub", 1, "Master"): {
                "Fn::GetAtt": ["DatabaseInstance", "MasterUserSecret.SecretArn"]
            }
        },
        APPLICATION,
    ),
    BadCase(
        "E9812",
        {("DatabaseInstance", P, "MasterUsername"): "master"},
        ("DatabaseInstance", P, "MasterUsername"),
    ),
    BadCase(
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
    BadCase("E9813", {("ServiceTaskDefinition", P, "ExecutionRoleArn"): REMOVE}, DB_URL),
    BadCase("E9402", {(*CONTAINER, "Environment", 1, "Name"): "DB_URL"}, DB_URL[:-1]),
]
