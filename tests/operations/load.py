"""A bounded load of clients that write rows through the API and read them back."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

CLIENTS, PAUSE_SECONDS, PATIENCE_SECONDS = 5, 0.1, 35
# One client's writes take so long, so that some are open whenever a task ends.
SLOW_SECONDS = 0.8
SECONDS = 120  # after which the load ends by itself
REQUESTS_AROUND = 40  # before an operation, and after it
_runs = count(1)


@dataclass
class Load:
    """What clients ask of an API, and what became of their requests.

    url: of the API. key: the value of an API key.
    """

    url: str
    key: str
    requests: int = 0
    failures: "Counter[str]" = field(default_factory=Counter)
    longest_seconds: float = 0.0
    """The longest wait for an answer, beyond what the service was asked to take."""
    written: list[str] = field(default_factory=list)
    """The rows whose writing was answered with success."""
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _ended: threading.Event = field(default_factory=threading.Event)
    _name: str = field(default_factory=lambda: f"load-{next(_runs)}")

    @property
    def failed(self) -> int:
        """Return how many requests got another answer than the right one, or none."""
        return self.failures.total()

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Send requests during a block, and some before it and after it."""
        clients = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            self.wait_for_more()
            yield self
            self.wait_for_more()
        finally:
            self._ended.set()
            for client in clients:
                client.join()

    def wait_for_more(self, number: int = REQUESTS_AROUND) -> None:
        """Wait until so many more requests have ended. Raises TimeoutError after the load."""
        with self._changed:
            enough = self.requests + number
            if not self._changed.wait_for(lambda: self.requests >= enough, SECONDS):
                raise TimeoutError(f"{self.requests} requests, and not {enough}")

    def _client(self, number: int) -> None:
        """Write a row and read it back, again and again."""
        end = time.monotonic() + SECONDS
        seconds = SLOW_SECONDS if number == 0 else 0
        for turn in count():
            if self._ended.wait(PAUSE_SECONDS) or time.monotonic() > end:
                return
            row = f"{self._name}-{number}-{turn}"
            if self._ask("PUT", row, seconds):
                with self._changed:
                    self.written.append(row)
                self._ask("GET", row)

    def _ask(self, method: str, row: str, seconds: float = 0) -> bool:
        """Send one request, and count it; whether its answer is right."""
        began = time.monotonic()
        try:
            status, said = self._send(method, row, seconds)
        except (OSError, http.client.HTTPException) as error:
            problem = type(error).__name__
        else:
            right = status == 200 and (method == "PUT" or said == row)
            problem = "" if right else f"{method} {status}"
        with self._changed:
            self.requests += 1
            waited = time.monotonic() - began - seconds
            self.longest_seconds = max(self.longest_seconds, waited)
            self.failures.update([problem] if problem else [])
            self._changed.notify_all()
        return not problem

    def _send(self, method: str, row: str, seconds: float) -> tuple[int, str]:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            str(place.hostname), place.port, timeout=PATIENCE_SECONDS
        )
        headers = {"x-api-key": self.key, "Connection": "close"}
        try:
            path = f"{place.path}/rows/{row}?seconds={seconds}"
            connection.request(method, path, row if method == "PUT" else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def lost(self, kept: set[str]) -> int:
        """Return how many rows that were written are not among the rows that are kept."""
        return len({*self.written} - kept)

    def ended(self, kept: set[str]) -> str:
        """Return the words of a row of docs/reliability.md."""
        why = ", ".join(f"{number} {what}" for what, number in self.failures.most_common())
        failed = f"{self.failed} failed ({why})" if why else "none failed"
        wait = f"one waited {self.longest_seconds:.1f} s at most"
        lost = self.lost(kept)
        return f"{failed}; {wait}; {lost or 'no'} lost write{'s' if lost > 1 else ''}"
