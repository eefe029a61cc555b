"""The rules for cfn-lint: `cfn-lint TEMPLATE --append-rules cfnlink.rules`.

cfn-lint takes the classes that it finds in this package; their ids are their names here. A
subject is a module, and the file of the same name with its rules that are data.
"""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TypeGuard

from cfnlink.lint.declared import declared
from cfnlink.lint.rule import Rule


def _is_rule(member: object) -> TypeGuard[type[Rule]]:
    return isinstance(member, type) and issubclass(member, Rule) and member is not Rule


MODULES = {
    module.name: import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__)
    if not module.name.startswith("_")
}
SUBJECTS = {
    subject: declared(Path(__file__).with_name(f"{subject}.yaml"))
    | {name: rule for name, rule in vars(module).items() if _is_rule(rule)}
    for subject, module in MODULES.items()
}
RULES = {rule.id: rule for rules in SUBJECTS.values() for rule in rules.values()}
globals().update(RULES)
