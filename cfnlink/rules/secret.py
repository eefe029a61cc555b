"""Secrets: their content, and the references that read them."""

import re
from typing import Any

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.compute import TASK, environment
from cfnlink.system.expressions import (
    VARIABLE,
    at,
    attribute,
    is_expression,
    spelled,
    undecided,
)
from cfnlink.system.names import resource_named
from cfnlink.system.parameter_values import is_hidden
from cfnlink.system.resource import Resource, System
from cfnlink.system.secrets import (
    ATTACHMENT,
    GENERATED,
    SECRET,
    Reading,
    injected,
    is_broken,
    keys,
    parsed,
    readings,
    source,
    texts_of,
)

GUIDE = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/"
CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
TASKS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
PARAMETER = "AWS::SSM::Parameter"
READERS = (SECRET, TASK, PARAMETER, "AWS::RDS::DBInstance")
API = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/"
SECRETIVE = re.compile(
    r"(passw(or)?d|secret(?!.?(arn|name|id)$)|api_?key|token$|private_?key|"
    r"credentials?$|(db|database|redis)_?ur[il]$)",
    re.IGNORECASE,
)


def expected_keys(known: set[str], secret: Resource | None) -> str:
    """Return the existing keys of a secret as a text for a message."""
    if secret is not None and is_broken(secret):
        return "double quotes in its text, which is no JSON"
    return " or ".join(sorted(known)) or "it whole: it is plain text"


READING_DOCS = f"{CFN}dynamic-references-secretsmanager.html"


@rule("E9885", (), READING_DOCS, formerly="E9801")
def dynamic_reference_is_closed(resource: Resource) -> Faults:
    """Dynamic references are closed.
    CloudFormation passes one that does not end with }} on as text."""
    for path, whole in texts_of(resource):
        if whole.count("{{resolve:") > VARIABLE.sub("", whole).count("}}"):
            yield path, "a dynamic reference is not closed; end it with }}"


@rule("E9886", (), READING_DOCS, formerly="E9801")
def dynamic_reference_names_a_key(resource: Resource) -> Faults:
    """Dynamic references are well-formed and name existing keys.
    In a dynamic reference :SecretString:<key> follows the id of the secret, and a stage or a
    version may follow the key. CloudFormation resolves it only if the secret holds the key."""
    is_later = bool(resource.users(ATTACHMENT))  # the attachment adds keys after the resource
    for reading in readings(resource):
        if fault := reference_error(reading, keys(reading.secret, attached=not is_later)):
            yield reading.path, f"{reading} {fault}"


def reference_error(reading: Reading, known: set[str] | None) -> str | None:
    """Return what is wrong with a dynamic reference to a secret with known keys."""
    rest, secret = reading.rest, reading.secret
    fault = None
    if rest and (rest[0] not in ("SecretString", "") or len(rest) > 4):
        fault = "is to be followed by :SecretString:<key>; write it so"
    elif len(rest) == 4 and rest[2] and rest[3]:
        fault = "takes a stage or a version id; leave one out"
    elif not reading.id:
        fault = "a dynamic reference names no secret; write its id"
    elif secret and not re.search("::(SecretsManager|RDS|Redshift|DocDB)::", secret.type):
        fault = f"is no secret but {secret.type}; name a secret"
    elif known is not None and reading.key and reading.key not in known:
        fault = f"has no key {reading.key}; use {expected_keys(known, secret)}"
    elif known and not reading.key and reading.path[-1:] == ["MasterUserPassword"]:
        fault = "is JSON; name its key of the password"
    return fault


CONTENT_DOCS = f"{GUIDE}cfn-example_secret.html"
BLOCK = (GENERATED, "SecretStringTemplate")


@rule("E9878", SECRET, CONTENT_DOCS, formerly="E9803")
def secret_has_one_content(secret: Resource) -> Faults:
    """A secret has one source of its content.
    CloudFormation rejects a text and a generated text together."""
    given = [secret.expression(name) for name in ("SecretString", GENERATED)]
    if None not in given and not undecided(given):
        yield ["SecretString"], "SecretString excludes GenerateSecretString; remove one"


@rule("E9879", SECRET, CONTENT_DOCS, formerly="E9803")
def secret_that_is_read_has_content(secret: Resource) -> Faults:
    """A secret that another resource reads has content.
    CloudFormation cannot resolve a reference to an empty secret."""
    given = [secret.expression(name) for name in ("SecretString", GENERATED)]
    read = (reading.secret for user in secret.used_by() for reading in readings(user))
    if given == [None, None] and secret in read:
        yield [], f"{secret.name} is empty, and others read it; add GenerateSecretString"


def is_generated(secret: Resource) -> bool:
    """Whether Secrets Manager is known to generate a secret."""
    block = secret.expression(GENERATED)
    return isinstance(block, dict) and not is_expression(block)


def is_masters(secret: Resource) -> bool:
    """Whether a database takes its master password from a secret."""
    users = secret.users("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
    return any(path[:1] == ["MasterUserPassword"] for _, path in users)


def is_generated_master(secret: Resource) -> bool:
    """Whether Secrets Manager generates the master password of a database."""
    return is_generated(secret) and is_masters(secret)


@rule("E9880", SECRET, CONTENT_DOCS, formerly="E9803")
def secret_template_has_a_key(secret: Resource) -> Faults:
    """A template of a generated secret goes with the key to add.
    Secrets Manager rejects one without the other."""
    missing = secret.is_missing(*BLOCK) != secret.is_missing(GENERATED, "GenerateStringKey")
    if is_generated(secret) and missing:
        yield [GENERATED], "SecretStringTemplate and GenerateStringKey go together; set both"


@rule("E9881", SECRET, CONTENT_DOCS, formerly="E9803")
def secret_template_is_json(secret: Resource) -> Faults:
    """A template of a generated secret is a JSON object.
    Secrets Manager rejects other text."""
    whole = secret.text(*BLOCK) if is_generated(secret) else None
    if whole is not None and not isinstance(parsed(whole), dict):
        yield [*BLOCK], "the template is no JSON object; correct it"


@rule("E9882", SECRET, CONTENT_DOCS, formerly="E9803")
def generated_password_has_a_length_for_rds(secret: Resource) -> Faults:
    """A generated master password has 8 to 128 characters.
    RDS rejects others."""
    length = secret.number(GENERATED, "PasswordLength")
    if is_generated_master(secret) and length is not None and not 8 <= length <= 128:
        yield [GENERATED, "PasswordLength"], "RDS takes 8 to 128 characters; set 32"


@rule("E9883", SECRET, CONTENT_DOCS, formerly="E9803")
def generated_password_has_no_punctuation(secret: Resource) -> Faults:
    """A generated master password has none of / @ and ".
    RDS rejects them."""
    if is_generated_master(secret) and not excludes(secret, '/@"'):
        yield [GENERATED], 'RDS refuses / @ and " in a password; set ExcludePunctuation'


@rule("E9884", SECRET, CONTENT_DOCS, formerly="E9803")
def generated_password_has_no_space(secret: Resource) -> Faults:
    """A generated master password has no space.
    RDS rejects it."""
    if is_generated_master(secret) and secret.flag(GENERATED, "IncludeSpace"):
        yield [GENERATED, "IncludeSpace"], "RDS takes no space in a password; leave it out"


def excludes(secret: Resource, characters: str) -> bool:
    """Whether a generated password has, or may have, none of these characters."""
    every, some = (
        secret.expression(GENERATED, f"Exclude{k}") for k in ("Punctuation", "Characters")
    )
    unknown = isinstance(every, dict) or isinstance(some, dict)
    return unknown or str(every).lower() == "true" or set(characters) <= set(str(some or ""))


@rule("W9804", SECRET, f"{API}API_GetRandomPassword.html")
def password_in_a_url_has_no_punctuation(resource: Resource) -> Faults:
    """Passwords in URLs consist of letters and digits.
    Punctuation in a password breaks the URL that holds the password: exclude it when the
    secret is generated."""
    if not isinstance(resource.get(GENERATED), dict) or excludes(resource, "/:?#@%"):
        return
    copies = [resource, *(user for user in resource.used_by(SECRET))]
    for user in {user for secret in copies for user in secret.used_by()}:
        if any("://" in reading.whole for reading in readings(user)):
            yield [GENERATED], f"{user.name} makes a URL of it; set ExcludePunctuation"
            return


def is_visible(resource: Resource, parameter: Any) -> bool:
    """Whether a parameter shows its value or its default to every reader."""
    body = at(resource.system.template, "Parameters", parameter)
    return isinstance(body, dict) and not (is_hidden(body) and not body.get("Default"))


VISIBLE = {"Environment", "Command", "EntryPoint", "DockerLabels", "Tags", "Description",
           "UserData", "DashboardBody", "AlarmDescription", "Options", "Variables",
           "GroupDescription", "Metadata"}  # fmt: skip


URL = re.compile(r"\w+://[^/\s:@${}]+:[^/\s@${}]+@")


SHOWN_DOCS = f"{GUIDE}cfn-example_reference-secret.html"


@rule("W9881", (), SHOWN_DOCS, formerly="W9805")
def secret_is_not_resolved_where_it_shows(resource: Resource) -> Faults:
    """No secret is resolved into a property that others can read.
    CloudFormation resolves a dynamic reference into a variable, a command or a tag, where it
    can be read. Let ECS read the secret by Secrets."""
    for reading in readings(resource):
        if VISIBLE & set(map(str, reading.path)) and "SecretOptions" not in reading.path:
            yield reading.path, f"{reading} would be readable here; pass its ARN instead"


@rule("W9882", (), SHOWN_DOCS, formerly="W9805")
def metadata_holds_no_secret(resource: Resource) -> Faults:
    """Metadata holds no dynamic reference.
    CloudFormation never resolves one there."""
    if "{{resolve:secretsmanager" in str(resource.body.get("Metadata")):
        yield ["..", "Metadata"], "metadata holds no secrets; move it to a property"


@rule("W9883", TASK, SHOWN_DOCS, formerly="W9805")
def variable_holds_no_secret(task: Resource) -> Faults:
    """No environment variable holds a secret as text.
    All who can read the task definition can read it. Let ECS read the secret by Secrets."""
    for path, name, value in environment(task):
        known = isinstance(value, (str, int)) and str(value)
        parameter = attribute(value) == "Ref" and not task.system.target(value)
        if SECRETIVE.search(name) and (known or parameter):
            yield [*path], f"{name} shows in the task definition; move it to Secrets"


@rule("W9884", (), SHOWN_DOCS, formerly="W9805")
def url_holds_no_password(resource: Resource) -> Faults:
    """No property holds a URL with its password.
    All who can read the template can read it."""
    for path, whole in texts_of(resource):
        if URL.search(whole):
            yield path, f"{resource.name} holds a URL with its password; use a secret"


@rule("W9885", SECRET, SHOWN_DOCS, formerly="W9805")
def secret_is_not_in_the_template(secret: Resource) -> Faults:
    """The content of a secret is not in the template.
    All who can read the template can read it. Generate the password in a secret."""
    content = secret.written("SecretString")
    literal = parsed(content) if isinstance(content, str) else None
    for key, value in (literal if isinstance(literal, dict) else {}).items():
        written = isinstance(value, str) and value not in ("", "x")
        if written and SECRETIVE.search(key) and "change" not in value.lower():
            yield ["SecretString"], f"{key} is written out; use GenerateSecretString"
    if isinstance(content, str) and content and literal is None and "{{" not in content:
        yield ["SecretString"], f"{secret.name} is written out; use GenerateSecretString"


@rule("W9886", SECRET, SHOWN_DOCS, formerly="W9805")
def secret_is_not_in_a_visible_parameter(secret: Resource) -> Faults:
    """The content of a secret is in no parameter without NoEcho.
    All who can read the stack can read it."""
    content = secret.written("SecretString")
    if content and attribute(content) == "Ref" and is_visible(secret, content["Ref"]):
        yield ["SecretString"], f"the parameter {content['Ref']} shows; set NoEcho"


@rule("W9810", READERS, f"{CFN}dynamic-references-secretsmanager.html")
def rotating_secret_has_no_copy(resource: Resource) -> Faults:
    """Secrets are not composed from rotating ones.
    CloudFormation reads a dynamic reference only when it updates the resource, so a secret
    that is composed from a rotating one is outdated after the first rotation. A new name of
    the master would replace the database. Do not rotate it, or let the application read the
    secret itself."""
    for reading in readings(resource):
        secret = reading.secret
        managed = ".MasterUserSecret" in reading.id or "::RDS::" in repr(secret)
        rotated = secret and secret.users("AWS::SecretsManager::RotationSchedule")
        if (managed or rotated) and reading.path != ["MasterUserPassword"]:
            yield reading.path, f"{reading} rotates and this copy does not; read it directly"


@rule("E9812", "AWS::RDS::DBInstance", f"{GUIDE}cfn-example_reference-secret.html")
def secret_has_the_master_user(instance: Resource) -> Faults:
    """User and password of a secret belong together.
    The secret that holds the instance's password must hold the instance's master user, or
    every client logs in with a wrong name."""
    user = instance.get("MasterUsername")
    for reading in readings(instance):
        if reading.path != ["MasterUserPassword"] or reading.secret is None:
            continue
        block = reading.secret.expression(GENERATED, "SecretStringTemplate")
        template = parsed(block) if isinstance(block, str) else None
        name = template.get("username") if isinstance(template, dict) else None
        known = isinstance(name, str) and isinstance(user, str) and "{{" not in user
        if known and name != user:
            yield ["MasterUsername"], f"{reading} has the user {name}, not {user}; use one user"


INJECTED_DOCS = f"{TASKS}secrets-envvar-secrets-manager.html"


@rule("E9887", TASK, INJECTED_DOCS, formerly="E9813")
def task_with_secrets_has_an_execution_role(task: Resource) -> Faults:
    """A task whose containers read secrets has an execution role.
    ECS reads secrets with the execution role."""
    for path, _ in injected(task) if task.is_missing("ExecutionRoleArn") else ():
        yield [*path, "ValueFrom"], "ECS reads secrets with ExecutionRoleArn; set it"


@rule("E9888", TASK, INJECTED_DOCS, formerly="E9813")
def value_from_leads_to_a_secret(task: Resource) -> Faults:
    """Secrets of containers lead to secrets and existing keys.
    ValueFrom is the ARN of a secret or of a parameter. :<key>:<stage>:<version> may follow
    the ARN of a secret, with all three colons. A task starts only if the key exists in a secret
    that is JSON. ECS takes a bare name for a parameter."""
    for path, entry in injected(task):
        if fault := value_from_error(task, entry["ValueFrom"]):
            yield [*path, "ValueFrom"], f"{entry.get('Name')} {fault}"


def is_name_of_a_secret(system: System, value: Any) -> bool:
    """Whether a text is the name of a secret, and of no parameter."""
    known = isinstance(value, str) and resource_named(system, value, SECRET) is not None
    return known and resource_named(system, value, PARAMETER) is None


def value_from_error(task: Resource, value: Any) -> str | None:
    """Return what is wrong with a ValueFrom."""
    (found, rest), whole = source(task, value), spelled(value) or ""
    parts, known = rest.split(":"), keys(found)
    if "{{resolve:" in whole or "://" in whole:
        return "takes the ARN of a secret, not its value; Ref the secret"
    if isinstance(value, str) and ":" in value and not value.startswith("arn:"):
        return "takes the secret's whole ARN, arn:..., before a key; Ref the secret"
    written = isinstance(value, str) and re.match("arn:[^:]*:secretsmanager:", value)
    cut = known is not None and rest and (len(parts) != 4 or parts[0])
    if cut or (written and value.count(":") not in (6, 9)):
        return "takes :<key>:<stage>:<version> after the ARN; write all three colons"
    if is_name_of_a_secret(task.system, value):
        return f"takes {value} for a parameter, and it names a secret; write the secret's ARN"
    if known is not None and rest and parts[1] not in known | {""}:
        return f"has no key {parts[1]} in {found}; use {expected_keys(known, found)}"
    return None


@rule("W9813", TASK, f"{TASKS}secrets-envvar-secrets-manager.html")
def variable_gets_one_key_of_a_secret(task: Resource) -> Faults:
    """A variable gets one value of a JSON secret.
    Without a key the variable holds the secret's whole JSON: append :<key>:: to its ARN."""
    for path, entry in injected(task):
        found, rest = source(task, entry["ValueFrom"])
        one = re.search(r"(?i)url|passw|user", str(entry.get("Name")))
        if one and keys(found) and not rest:
            yield [*path, "ValueFrom"], f"{entry.get('Name')} gets all of {found}: add a key"
