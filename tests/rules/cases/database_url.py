"""Bad cases of cfnlink/rules/database_url.py."""

from tests.rules.cases import case, replaced
from tests.template import get_att

BAD_CASES = [
    case("E9811", {"DatabaseUrlSecret.SecretString": replaced("postgres", "mysql")}),
    case("E9811", {"DatabaseUrlSecret.SecretString": replaced("app", "shop")}),
    case("E9811", {"DatabaseUrlSecret.SecretString": replaced("require", "on")}),
    case("E9811", {"DatabaseUrlSecret.SecretString": replaced("require", "disable")}),
    case("E9811", {"DatabaseInstance.DBName": "shop"}, at="DatabaseUrlSecret.SecretString"),
    case(
        "E9811",
        {
            "DatabaseUrlSecret.SecretString.Fn::Sub.1.Host": get_att(
                "DatabaseInstance", "Endpoint.Port"
            )
        },
        at="DatabaseUrlSecret.SecretString",
    ),
    case(
        "E9811",
        {
            "DatabaseUrlSecret.SecretString.Fn::Sub.1.Port": get_att(
                "DatabaseInstance", "Endpoint.Address"
            )
        },
        at="DatabaseUrlSecret.SecretString",
    ),
    case(
        "E9811",
        {
            "DatabaseUrlSecret.SecretString": replaced(
                "username}}:{{resolve:secretsmanager:${Application}:SecretString:password",
                "password}}:{{resolve:secretsmanager:${Application}:SecretString:username",
            )
        },
    ),
    case("W9811", {"DatabaseUrlSecret.SecretString": replaced("app?sslmode=require", "app")}),
    case("W9811", {"DatabaseUrlSecret.SecretString": replaced("require", "prefer")}),
    case("W9811", {"DatabaseUrlSecret.SecretString": replaced("/app", "")}),
]
