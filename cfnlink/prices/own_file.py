"""The price file of a user: its rows, the changes by AWS's list, and how it is written."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cfnlink.prices.offer_file import OfferFile
from cfnlink.prices.selectors import Selector
from cfnlink.prices.table import own_file, own_items, own_sources, shipped_items
from cfnlink.system.folder import UnusableError

HEAD = """\
# Prices of {region}. A row here replaces the shipped one of the same name.
# `make prices REGION={region}` writes the rows that AWS's price list has, and keeps all others.
# It keeps no comments. The columns are explained in cfnlink/aws/prices/sources.yaml.
"""
# A selector that no program or file was seen to have may find another product.
CONFIDENCE = {False: "list", True: "one"}


@dataclass
class OwnFile:
    """prices/<region>.yaml of a settings folder."""

    path: Path
    region: str
    items: dict[str, Any]
    sources: dict[str, Any]
    known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, region: str, settings: Path) -> "OwnFile":
        """Return the file as it is, or an empty one. Raises UnusableError."""
        path = own_file(region, settings)
        items, sources = own_items(path), own_sources(path)
        return cls(path, region, dict(items), dict(sources), shipped_items(region) | items)

    def take(self, offer: OfferFile, where: str, wanted: list[Selector]) -> None:
        """Replace the rows of the same names with those of an offer file."""
        code = wanted[0].offer
        for selector in wanted:
            if selector.item in offer.rows:
                self.items[selector.item] = offer.rows[selector.item] | {
                    "source": [code],
                    "as_of": offer.date,
                    "confidence": CONFIDENCE[selector.assumed],
                }
        if offer.rows:
            kind = f"AWS price list, version {offer.version}"
            self.sources[code] = {"where": where, "as_of": offer.date, "kind": kind}

    def changes(self) -> list[str]:
        """Return the items whose price changed."""
        return [
            f"{item}: {self.known[item]['price']} -> {row['price']} per {row['unit']}"
            for item, row in self.items.items()
            if item in self.known and self.known[item]["price"] != row["price"]
        ]

    def write(self) -> None:
        """Write the whole file at once. Raises UnusableError."""
        text = HEAD.format(region=self.region) + f"region: {self.region}\n"
        text += f"sources:\n{_rows(self.sources)}items:\n{_rows(self.items)}"
        half = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(exist_ok=True)
            half.write_text(text, "utf-8", newline="\n")
            half.replace(self.path)
        except OSError as error:
            raise UnusableError(self.path, f"not written: {error.strerror}") from None


def _rows(mapping: dict[str, Any]) -> str:
    """Return one line for each row, as in the shipped files."""
    return "".join(f"  {_flow(key)}: {_flow(value)}\n" for key, value in mapping.items())


def _flow(value: Any) -> str:
    """Return a value in one line; in a list, so that it has no end-of-document mark."""
    text = yaml.dump(
        [value],
        Dumper=yaml.CSafeDumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=10**9,
    )
    return text.strip()[1:-1]
