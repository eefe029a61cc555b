"""One offer file of AWS's price list: read line by line, keeping only the wanted rows.

The first five lines are metadata, the sixth names the columns:
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from cfnlink.prices.selectors import Selector

METADATA_LINES = 5
COLUMNS = ("SKU", "OfferTermCode", "StartingRange", "EndingRange", "Unit", "PricePerUnit")
USAGE = "usageType"
# USE1-, EU-, or the region's code, as KMS has it. A second prefix is another product:
# EUW2-Outposts-LoadBalancerUsage, EUW2-TS-LoadBalancerUsage.
PREFIX = re.compile(r"^(?:EU|[A-Z]{3}\d|[a-z]{2,4}(?:-[a-z]+)+-\d+)-")


class OfferFileError(Exception):
    """The answer is not the requested offer file."""


@dataclass(frozen=True)
class Rate:
    """One line of an offer file: a price for a range of units."""

    sku: str
    term: str
    begin: Decimal
    end: Decimal
    unit: str
    price: Decimal
    values: tuple[str, ...]


@dataclass
class OfferFile:
    """The found rows of a file: the date of the list, and a row for each item.

    `ambiguous` names the items for which several products with other prices fit.
    """

    version: str = ""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    ambiguous: dict[str, int] = field(default_factory=dict)

    @property
    def date(self) -> str:
        """Return the day of the version, such as 2026-09-11 of 20260911180000."""
        return datetime.strptime(self.version[:8], "%Y%m%d").date().isoformat()  # noqa: DTZ007


def read_offer(lines: Iterable[str], offer: str, wanted: Sequence[Selector]) -> OfferFile:
    """Return the rows of the wanted items, from the lines of an offer file in CSV.

    It keeps the matching lines only, for every size of the file. Raises OfferFileError.
    """
    reader = csv.reader(lines)
    try:
        found = OfferFile(_version(reader, offer))
        columns = next(reader, [])
        kept = _matches(reader, columns, wanted)
    except (csv.Error, InvalidOperation) as error:
        raise OfferFileError(f"not a price list file: {error!r}") from None
    for selector in wanted:
        products = {
            row
            for rates in _by_term(selector, kept[selector.item])
            if (row := _row(selector, rates))
        }
        if len(products) == 1:
            found.rows[selector.item] = products.pop().content(selector)
        elif products:
            found.ambiguous[selector.item] = len(products)
    return found


def _version(reader: Iterator[list[str]], offer: str) -> str:
    """Return the version in the metadata. Raises OfferFileError."""
    metadata: dict[str, str] = {}
    for _ in range(METADATA_LINES):
        line = next(reader, [])
        if len(line) != 2:
            shown = ",".join(line)[:60]
            raise OfferFileError(
                f"not a price list file; expected five lines of metadata, found {shown!r}"
            )
        metadata[line[0]] = line[1]
    if metadata.get("OfferCode") != offer:
        raise OfferFileError(f"the file of {metadata.get('OfferCode')}; expected {offer}")
    version = metadata.get("Version", "")
    if not re.fullmatch(r"20\d{6}\d*", version):
        raise OfferFileError(f"version {version!r}; expected a date such as 20260911180000")
    return version


def _matches(
    reader: Iterator[list[str]], columns: list[str], wanted: Sequence[Selector]
) -> dict[str, list[Rate]]:
    """Return the lines of each item with its usage type and one value of each condition."""
    places = {column: place for place, column in enumerate(columns)}
    missing = [column for column in (*COLUMNS, USAGE) if column not in places]
    if missing:
        raise OfferFileError(f"without the column {', '.join(missing)}")
    by_usage: dict[str, list[Selector]] = {}
    for selector in wanted:
        for usage in selector.usage:
            by_usage.setdefault(usage, []).append(selector)
    kept: dict[str, list[Rate]] = {selector.item: [] for selector in wanted}
    usage_place = places[USAGE]
    for line in reader:
        if not line:
            continue
        if len(line) != len(columns):
            raise OfferFileError(f"a line of {len(line)} columns; expected {len(columns)}")
        for selector in by_usage.get(PREFIX.sub("", line[usage_place]), ()):
            values = tuple(
                line[places[column]] if column in places else "" for column in selector.where
            )
            if all(
                v in known for v, known in zip(values, selector.where.values(), strict=True)
            ):
                kept[selector.item].append(_rate(line, places, values))
    return kept


def _rate(line: list[str], places: dict[str, int], values: tuple[str, ...]) -> Rate:
    sku, term, begin, end, unit, price = (line[places[column]] for column in COLUMNS)
    start = Decimal(begin or 0)
    return Rate(sku, term, start, Decimal(end or "Infinity"), unit, Decimal(price), values)


def _by_term(selector: Selector, rates: list[Rate]) -> Iterator[list[Rate]]:
    """Return the rates of each product and term, with the preferred value of each condition."""
    for place, known in enumerate(selector.where.values()):
        there = {rate.values[place] for rate in rates}
        best = next((value for value in known if value in there), None)
        rates = [rate for rate in rates if rate.values[place] == best]
    terms: dict[tuple[str, str], list[Rate]] = {}
    for rate in rates:
        terms.setdefault((rate.sku, rate.term), []).append(rate)
    yield from terms.values()


@dataclass(frozen=True)
class _Found:
    """A price of one product, and what two products must share to count as one."""

    price: Decimal
    tiers: tuple[tuple[Decimal | None, Decimal], ...] = ()
    upfront: Decimal | None = None
    hourly: Decimal | None = None

    def content(self, selector: Selector) -> dict[str, Any]:
        """Return the columns of a price file that come from the list."""
        row: dict[str, Any] = {"price": _number(self.price), "unit": selector.unit}
        if self.tiers:
            row["tiers"] = [
                [None if most is None else _number(most), _number(price)]
                for most, price in self.tiers
            ]
        if self.upfront is not None and self.hourly is not None:
            row["upfront"], row["hourly"] = _number(self.upfront), _number(self.hourly)
        return row


def _row(selector: Selector, rates: list[Rate]) -> _Found | None:
    """Return the price of the rates of one product and term, if they are one price."""
    if selector.hours:
        return _reserved(selector, rates)
    paid = sorted((rate for rate in rates if rate.price), key=lambda rate: rate.begin)
    if not paid:
        return None
    per = selector.per
    tiers = tuple(
        (None if rate.end.is_infinite() else (rate.end - rate.begin) / per, rate.price * per)
        for rate in paid
    )
    return _Found(paid[0].price * per, tiers if selector.tiers else ())


def _reserved(selector: Selector, rates: list[Rate]) -> _Found | None:
    """Return an hour of a term: the hourly part, and the share of the upfront part."""
    hourly = [rate.price for rate in rates if rate.unit == "Hrs"]
    upfront = [rate.price for rate in rates if rate.unit == "Quantity"]
    if len(hourly) != 1 or len(upfront) > 1:
        return None
    once = upfront[0] if upfront else Decimal(0)
    price = round(hourly[0] + once / selector.hours, 5)
    if not once:
        return _Found(price) if price else None
    return _Found(price, upfront=once, hourly=hourly[0])


def _number(value: Decimal) -> float:
    """Return a number as a price file has it: 0.0243, and 333 for whole ones."""
    number = float(value.normalize())
    return int(number) if number.is_integer() and number else number
