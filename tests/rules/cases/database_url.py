"""Bad cases of cfnlink/rules/database_url.py."""

from typing import Any

from tests.rules.cases import BadCase
from tests.rules.cases.secret import changed

P = "Properties"
URL = ("DatabaseUrlSecret", P, "SecretString")


def url(rule: str, old: str, new: str) -> BadCase:
    """A case of the text of DB_URL."""
    return BadCase(rule, {URL: changed(old, new)}, URL)


def swapped(sub: Any) -> Any:
    """DB_URL with the user and the password in each other's place."""
    whole, given = sub["Fn::Sub"]
    whole = whole.replace("username", "?").replace("password", "username")
    return {"Fn::Sub": [whole.replace("?", "password", 1), given]}


BAD_CASES = [
    url("E9811", "postgres://", "mysql://"),
    url("E9811", "/app?", "/shop?"),
    url("E9811", "${Port}", "5433"),
    url("E9811", "sslmode=require", "sslmode=on"),
    url("E9811", "sslmode=require", "sslmode=disable"),
    BadCase("E9811", {("DatabaseInstance", P, "DBName"): "shop"}, URL),
    BadCase(
        "E9811",
        {(*URL, "Fn::Sub", 1, "Host"): {"Fn::GetAtt": ["DatabaseInstance", "Endpoint.Port"]}},
        URL,
    ),
    BadCase(
        "E9811",
        {
            (*URL, "Fn::Sub", 1, "Port"): {
                "Fn::GetAtt": ["DatabaseInstance", "Endpoint.Address"]
            }
        },
        URL,
    ),
    BadCase("E9811", {URL: swapped}, URL),
    url("W9811", "?sslmode=require", ""),
    url("W9811", "sslmode=require", "sslmode=prefer"),
    url("W9811", "/app?", "?"),
]
