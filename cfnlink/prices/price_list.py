"""AWS's public price list over HTTPS: no account, no signature.

The files are described in "Getting price list files manually":
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api-fetching-price-list-files-manually.html
"""

import io
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from cfnlink.prices.offer_file import OfferFile, OfferFileError, read_offer
from cfnlink.prices.selectors import Selector

HOST = "https://pricing.us-east-1.amazonaws.com"
TIMEOUT_SECONDS = 30
PAUSES_SECONDS = (1.0, 4.0, 15.0)
BUFFER_BYTES = 1 << 18
LONGEST_LINE = 1 << 16  # characters; the lines of the price list have about a thousand
FIX = "fix: check the connection and HTTPS_PROXY, or name a mirror (--host, PRICE_HOST)"
PASSING_STATUS = (408, 425, 429)  # and every 5xx

Progress = Callable[[int, int], None]
"""Told the bytes that have come, and how many there are; 0 where that is not known."""


class PriceListError(Exception):
    """A file of the price list that is not available; the text says which and why."""


class NoFileError(PriceListError):
    """The price list has no file of an offer for a region."""


class NoAnswerError(PriceListError):
    """The host did not answer at any try."""


class _PassingError(Exception):
    """A failure that another try may cure."""


@dataclass(frozen=True)
class PriceList:
    """A host with the files of the price list: AWS's, or a mirror of it.

    `say` prints why a file is requested again.
    """

    host: str = HOST
    pauses: Sequence[float] = PAUSES_SECONDS
    say: Callable[[str], None] = lambda _text: None

    def url(self, offer: str, region: str) -> str:
        """Return the address of an offer's current file for a region."""
        return f"{self.host.rstrip('/')}/offers/v1.0/aws/{offer}/current/{region}/index.csv"

    def read(
        self, offer: str, region: str, wanted: Sequence[Selector], progress: Progress
    ) -> OfferFile:
        """Return the wanted rows of a file. Raises PriceListError after the last try.

        An incomplete file is read again from its start: a part of it looks complete.
        """
        url = self.url(offer, region)
        for pause in (*self.pauses, None):
            try:
                return _read(url, offer, wanted, progress)
            except _PassingError as error:
                if pause is None:
                    tries = len(self.pauses) + 1
                    raise NoAnswerError(f"{url}: {error}, {tries} times; {FIX}") from None
                self.say(f"{offer}: {error}; trying again in {pause:g} s")
                time.sleep(pause)
        raise AssertionError  # the last try returns or raises


def _read(url: str, offer: str, wanted: Sequence[Selector], progress: Progress) -> OfferFile:
    """Do one try. Raises _PassingError, or PriceListError if another try is of no use."""
    request = Request(url, headers={"User-Agent": "cloudformation-generator"})  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (main checks it)
            body = _Body(answer, progress)
            try:
                found = read_offer(body.lines(), offer, wanted)
            except OfferFileError as error:
                body.must_be_whole()
                raise PriceListError(f"{url}: {error}") from None
            body.must_be_whole()
            return found
    except HTTPError as error:
        raise _refused(url, error) from None
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise PriceListError(f"{url}: {error.reason}") from None
        raise _PassingError(f"no answer: {error.reason}") from None
    except (HTTPException, OSError) as error:
        raise _PassingError(f"broke off: {error or type(error).__name__}") from None


def _refused(url: str, error: HTTPError) -> Exception:
    """Return what a status means: AWS answers 403 or 404 for a region or an offer
    without a file."""
    error.close()
    if error.code in PASSING_STATUS or error.code >= 500:
        return _PassingError(f"HTTP status {error.code}")
    return NoFileError(f"{url}: HTTP status {error.code}, there is no such file")


class _Body(io.RawIOBase):
    """The body of an answer, with a count of its bytes."""

    def __init__(self, answer: HTTPResponse, progress: Progress) -> None:
        super().__init__()
        self._answer, self._progress = answer, progress
        self._length = int(answer.headers.get("Content-Length") or 0)
        self._done = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._answer.readinto(buffer)
        self._done += count
        self._ended = not count
        self._progress(self._done, self._length)
        return count

    def lines(self) -> Iterator[str]:
        """Yield the text, line by line; the longest line is bounded, whatever the
        server sends."""
        buffered = io.BufferedReader(self, BUFFER_BYTES)
        text = io.TextIOWrapper(buffered, "utf-8", errors="replace", newline="")
        while line := text.readline(LONGEST_LINE):
            yield line

    def must_be_whole(self) -> None:
        """Raises _PassingError where it ended before all bytes came that were promised."""
        if self._ended and self._done < self._length:
            raise _PassingError(f"broke off after {self._done:,} of {self._length:,} bytes")
