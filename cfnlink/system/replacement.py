"""What an update does to a resource when a property changes: in place, or a replacement."""

from dataclasses import dataclass
from functools import cache, cached_property

from cfnlink.aws.replacing import replacing
from cfnlink.system.expressions import at

CHANGED, MAYBE, REPLACED = "changed in place", "may be REPLACED", "REPLACED"
PropertyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class UpdateEffect:
    """The create-only properties of a type, as paths; `known` is false without a schema."""

    always: tuple[PropertyPath, ...] = ()
    perhaps: tuple[PropertyPath, ...] = ()
    known: bool = True

    def of(self, path: PropertyPath, old: object, new: object) -> str:
        """Return what a change at a path of the properties does to the resource."""
        if not self.known:
            return MAYBE
        for pointer, how in self._of_property.get(path[0], ()):
            if _same(pointer, path[: len(pointer)]):
                return how
            if _same(pointer[: len(path)], path):
                rest = pointer[len(path) :]
                if "*" in rest:
                    return MAYBE
                if at(old, *rest) != at(new, *rest):
                    return how
        return CHANGED

    @cached_property
    def _of_property(self) -> dict[str | int, list[tuple[PropertyPath, str]]]:
        """The paths by their property, each with what its change does."""
        found: dict[str | int, list[tuple[PropertyPath, str]]] = {}
        for pointers, how in ((self.always, REPLACED), (self.perhaps, MAYBE)):
            for pointer in pointers:
                found.setdefault(pointer[0], []).append((pointer, how))
        return found


@cache
def update_effect(type_: str, region: str) -> UpdateEffect:
    """Return the effect of updates on a type, by its schema in a region."""
    found = replacing(type_, region)
    return UpdateEffect(known=False) if found is None else UpdateEffect(*found)


def _same(pointer: PropertyPath, path: PropertyPath) -> bool:
    return len(pointer) == len(path) and all(
        part in ("*", step) for part, step in zip(pointer, path, strict=True)
    )
