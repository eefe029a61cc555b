"""The rules for cfn-lint: `cfn-lint TEMPLATE --append-rules cfnlink.rules`.

cfn-lint takes the classes that it finds in this package; their ids are their names here.
"""

from importlib import import_module
from pkgutil import iter_modules

from cfnlink.lint.rule import Rule

MODULES = [
    import_module(f"{__name__}.{module.name}")
    for module in iter_modules(__path__)
    if not module.name.startswith("_")
]
RULES = {
    member.id: member
    for module in MODULES
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, Rule) and member is not Rule
}
globals().update(RULES)
