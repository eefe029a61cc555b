"""Read the prices of a region from AWS's price list: `cfnlink prices REGION`.

They are written to prices/REGION.yaml in the settings folder, where they replace the shipped
prices item by item. No AWS account is needed.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from cfnlink.clone import load
from cfnlink.prices.offer_file import OfferFile
from cfnlink.prices.own_file import OwnFile
from cfnlink.prices.price_list import (
    HOST,
    NoAnswerError,
    NoFileError,
    PriceList,
    PriceListError,
)
from cfnlink.prices.selectors import Selector, selectors
from cfnlink.system.folder import UnusableError

CLASSES = ("db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.t4g.large")


def run(options: SimpleNamespace) -> int:
    """Read every offer file that has one of our prices, and write what was found.

    Raises UnusableError.
    """
    file = OwnFile.read(options.region, options.settings)
    classes = dict.fromkeys([*CLASSES, *_classes(options.settings)])
    reading = Reading(PriceList(options.host or HOST, say=_say), file)
    try:
        reading.run(selectors(classes))
        return reading.finish()
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _classes(settings: Path) -> Iterator[str]:
    """Return the instance classes of the environments, as far as their settings are
    readable, and a clone of the generator is there to read them."""
    try:
        model = load("templates.settings")
    except UnusableError:
        return
    try:
        yield from (each.database.instance_class for each in model.load_environments(settings))
    except model.SettingsError:
        return  # prices do not depend on the other settings


@dataclass
class Reading:
    """One reading of all offer files into a user's price file."""

    price_list: PriceList
    file: OwnFile
    found: set[str] = field(default_factory=set)
    absent: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    failures: list[PriceListError] = field(default_factory=list)

    def run(self, wanted: list[Selector]) -> None:
        """Read the files one by one; a host that does not answer is not asked again."""
        files: dict[tuple[str, str], list[Selector]] = {}
        for each in wanted:
            files.setdefault((each.offer, each.region or self.file.region), []).append(each)
        for (offer, region), group in files.items():
            try:
                with _progress(offer) as told:
                    read = self.price_list.read(offer, region, group, told)
                self._take(read, region, group)
            except NoFileError:
                self.absent += [each.item for each in group]
            except NoAnswerError as error:
                self.failures.append(error)
                return
            except PriceListError as error:
                self.failures.append(error)

    def _take(self, read: OfferFile, region: str, wanted: list[Selector]) -> None:
        offer = wanted[0].offer
        self.file.take(read, self.price_list.url(offer, region), wanted)
        self.found |= set(read.rows) if region == self.file.region else set()
        self.ambiguous += read.ambiguous
        left = (each.item for each in wanted if each.item not in read.rows)
        self.absent += [item for item in left if item not in read.ambiguous]
        print(f"{offer} of {read.date}: {_counted(len(read.rows))}", flush=True)

    def finish(self) -> int:
        """Write what was found; print what changed and what was not found."""
        if not self.found:
            return self._nothing()
        self.file.write()
        changes = self.file.changes()
        print(f"{self.file.path}: written, {_counted(len(changes))} changed")
        for change in changes:
            print(f"  {change}")
        for items, why in (
            (self.absent, "not in the price list of this region"),
            (self.ambiguous, "several products of other prices fit"),
        ):
            if items:
                print(f"  {why}, left as they were: {', '.join(items)}")
        for failure in self.failures:
            print(failure, file=sys.stderr)
        return int(bool(self.failures))

    def _nothing(self) -> int:
        """Print why nothing was written: AWS has no such region, or no file could be read."""
        host, region = self.price_list.host, self.file.region
        unknown = (
            f"{host} has no prices of {region}; expected a region of AWS such as eu-west-3"
        )
        print("\n".join(map(str, self.failures)) or unknown, file=sys.stderr)
        return 1


def _counted(prices: int) -> str:
    return f"{prices} price{'' if prices == 1 else 's'}"


@contextmanager
def _progress(offer: str) -> Iterator[Callable[[int, int], None]]:
    """Print the progress of a file on a terminal: that of EC2 has 350 MB."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console  # noqa: PLC0415 (only a terminal needs it)
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(offer), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(offer, total=None)
        yield lambda done, all_bytes: shown.update(
            task, completed=done, total=all_bytes or None
        )
