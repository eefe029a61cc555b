"""Bad cases of cfnlink/rules/secret.py."""

from tests.rules.cases import REMOVE, case, replaced
from tests.template import get_att, ref, resource

ROTATION = resource(
    "AWS::SecretsManager::RotationSchedule", SecretId=ref("DatabaseMasterSecret")
)

OWNER_PASSWORD = {
    "Fn::Sub": "{{resolve:secretsmanager:${DatabaseMasterSecret}:SecretString:password}}"
}

VALUE = "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom"
ATTACHED = {
    "Owner": resource(
        "AWS::SecretsManager::Secret",
        GenerateSecretString={
            "SecretStringTemplate": '{"username": "a"}',
            "GenerateStringKey": "pass",
        },
    ),
    "Attached": resource(
        "AWS::SecretsManager::SecretTargetAttachment",
        SecretId=ref("Owner"),
        TargetId=ref("DatabaseInstance"),
    ),
}

BAD_CASES = [
    case("E9888", {**ATTACHED, VALUE: {"Fn::Sub": "${Attached}:hostname::"}}, at=VALUE),
    case(
        "E9886",
        {
            **ATTACHED,
            "DatabaseInstance.MasterUserPassword": {
                "Fn::Sub": "{{resolve:secretsmanager:${Owner}:SecretString:password}}"
            },
        },
        at="DatabaseInstance.MasterUserPassword",
    ),
    case(
        "E9888",
        {
            "Odd": resource("AWS::SecretsManager::Secret", SecretString="{'password': 'x'}"),
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": {
                "Fn::Sub": "${Odd}:password::"
            },
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom",
    ),
    case(
        "E9886",
        {
            "Odd": resource("AWS::SecretsManager::Secret", SecretString="{'password': 'x'}"),
            "DatabaseInstance.MasterUserPassword": {
                "Fn::Sub": "{{resolve:secretsmanager:${Odd}:SecretString:password}}"
            },
        },
        at="DatabaseInstance.MasterUserPassword",
    ),
    case(
        "E9888",
        {
            "Token": resource("AWS::SecretsManager::Secret", Name="orders/token"),
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": "orders/token",
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom",
    ),
    case(
        "W9810",
        {
            "DatabaseInstance.MasterUsername": {
                "Fn::Sub": "{{resolve:secretsmanager:${DatabaseMasterSecret}::username}}"
            },
            "Rotation": ROTATION,
        },
    ),
    case(
        "E9886",
        {"DatabaseInstance.MasterUserPassword": replaced("SecretString:password", "password")},
    ),
    case(
        "E9886",
        {"DatabaseInstance.MasterUserPassword": replaced("SecretString", "Secretstring")},
    ),
    case("E9885", {"DatabaseInstance.MasterUserPassword": replaced("password}}", "password}")}),
    case(
        "E9886",
        {
            "DatabaseInstance.MasterUserPassword": replaced(
                "password", "password:AWSCURRENT:1234"
            )
        },
    ),
    case("E9886", {"DatabaseInstance.MasterUserPassword": replaced("${Master}", "")}),
    case("E9886", {"DatabaseInstance.MasterUserPassword": replaced("password", "pasword")}),
    case(
        "E9886",
        {
            "DatabaseInstance.MasterUserPassword": replaced(
                "SecretString:password", "SecretString"
            )
        },
    ),
    case(
        "E9886",
        {"DatabaseMasterSecret.GenerateSecretString.GenerateStringKey": "secret"},
        at="DatabaseInstance.MasterUserPassword",
    ),
    case(
        "E9886",
        {"DatabaseMasterSecret.GenerateSecretString.SecretStringTemplate": '{"user": "owner"}'},
        at="DatabaseApplicationSecret.SecretString",
    ),
    case(
        "E9886",
        {
            "DatabaseInstance.MasterUserPassword.Fn::Sub.1.Master": ref(
                "DatabaseLogGroupUpgrade"
            )
        },
        at="DatabaseInstance.MasterUserPassword",
    ),
    case("E9880", {"DatabaseMasterSecret.GenerateSecretString.GenerateStringKey": REMOVE}),
    case("E9880", {"DatabaseMasterSecret.GenerateSecretString.SecretStringTemplate": REMOVE}),
    case(
        "E9881",
        {"DatabaseMasterSecret.GenerateSecretString.SecretStringTemplate": "{username: owner}"},
    ),
    case("E9882", {"DatabaseMasterSecret.GenerateSecretString.PasswordLength": 6}),
    case(
        "E9883",
        {"DatabaseMasterSecret.GenerateSecretString.ExcludePunctuation": False},
        at="DatabaseMasterSecret.GenerateSecretString",
    ),
    case("E9883", {"DatabaseMasterSecret.GenerateSecretString.ExcludePunctuation": REMOVE}),
    case("E9884", {"DatabaseMasterSecret.GenerateSecretString.IncludeSpace": True}),
    case(
        "W9804",
        {
            "DatabaseMasterSecret.GenerateSecretString.ExcludePunctuation": REMOVE,
            "DatabaseMasterSecret.GenerateSecretString.ExcludeCharacters": '/@"',
        },
    ),
    case(
        "W9884",
        {"DatabaseUrlSecret.SecretString": "postgres://owner:pass1234@db.internal:5432/app"},
    ),
    case(
        "W9885",
        {
            "DatabaseApplicationSecret.SecretString": '{"username": "owner", "password": "hunter22"}'
        },
    ),
    case("W9885", {"DatabaseApplicationSecret.SecretString": "hunter22"}),
    case(
        "W9883",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Environment.1": {
                "Name": "DB_PASSWORD",
                "Value": "hunter22",
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.1.Value",
    ),
    case(
        "W9884",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Environment.1": {
                "Name": "URL",
                "Value": "postgres://owner:hunter22@db/app",
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.1.Value",
    ),
    case("W9886", {"DatabaseApplicationSecret.SecretString": ref("ServiceImageTag")}),
    case(
        "W9883",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Environment.1": {
                "Name": "API_KEY",
                "Value": ref("ServiceImageTag"),
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.1.Value",
    ),
    case(
        "W9881",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Environment.1": {
                "Name": "DB_PASSWORD",
                "Value": OWNER_PASSWORD,
            }
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.1.Value",
    ),
    case(
        "W9881",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Command": [OWNER_PASSWORD]},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Command.0",
    ),
    case("W9882", {"ServiceCluster.Metadata": {"Password": OWNER_PASSWORD}}),
    case("E9878", {"DatabaseMasterSecret.SecretString": "{}"}),
    case("E9879", {"DatabaseMasterSecret.GenerateSecretString": REMOVE}),
    case("W9810", {"Rotation": ROTATION}, at="DatabaseApplicationSecret.SecretString"),
    case(
        "W9810",
        {
            "DatabaseApplicationSecret.SecretString.Fn::Sub.1.Master": get_att(
                "DatabaseInstance", "MasterUserSecret.SecretArn"
            )
        },
        at="DatabaseApplicationSecret.SecretString",
    ),
    case("E9812", {"DatabaseInstance.MasterUsername": "master"}),
    case(
        "E9812",
        {
            "DatabaseMasterSecret.GenerateSecretString.SecretStringTemplate": '{"username": "postgres"}'
        },
        at="DatabaseInstance.MasterUsername",
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": {
                "Fn::Sub": "{{resolve:secretsmanager:${DatabaseUrlSecret}}}"
            }
        },
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": "shop/db-url:url::"
        },
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": {
                "Fn::Sub": "${DatabaseMasterSecret}:password"
            }
        },
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": {
                "Fn::Sub": "${DatabaseMasterSecret}:passwd::"
            }
        },
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": {
                "Fn::Sub": ["${S}:url::", {"S": ref("DatabaseMasterSecret")}]
            }
        },
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": {
                "Fn::Join": ["", [ref("DatabaseMasterSecret"), ":key::"]]
            }
        },
    ),
    case(
        "E9888",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": {
                "Fn::Sub": "${DatabaseUrlSecret}:DB_URL::"
            }
        },
    ),
    case(
        "W9813",
        {
            "ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": ref(
                "DatabaseMasterSecret"
            )
        },
    ),
    case(
        "E9887",
        {"ServiceTaskDefinition.ExecutionRoleArn": REMOVE},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom",
    ),
    case(
        "E9402",
        {"ServiceTaskDefinition.ContainerDefinitions.0.Environment.1.Name": "DB_URL"},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0",
    ),
]

ACCEPTED = [
    case("E9888", {**ATTACHED, VALUE: {"Fn::Sub": "${Attached}:host::"}}),
    case("E9886", {"DatabaseInstance.MasterUserPassword": replaced(":SecretString:", "::")}),
]
