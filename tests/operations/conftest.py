"""One emulator for each file of tests, wiped before every test."""

from collections.abc import Iterator

import pytest

from tests.operations.world import reset
from tests.rehearsal.cloud import Cloud, emulator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulator(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def cloud(running: Cloud) -> Cloud:
    return reset(running)
