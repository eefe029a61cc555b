"""The model knows how RDS derives a database's storage and windows."""

import pytest

from cfnlink.aws.catalogue import facts, link_zones
from cfnlink.aws.rds import (
    connections,
    growth_gib,
    is_window,
    memory_bytes,
    window_minutes,
    windows_overlap,
)


def test_an_observed_limit_counts_before_a_computed_one() -> None:
    assert connections("db.t4g.micro") == 79 - 9
    assert connections("db.t4g.micro", max_connections=200) == 200 - 9
    assert connections("db.r6g.16xlarge") == 5000 - 9
    assert memory_bytes("db.t4g.micro") == 2**30


@pytest.mark.parametrize(("storage", "growth"), [(20, 11), (100, 11), (105, 12), (400, 41)])
def test_a_storage_grows_by_ten_gib_or_a_tenth(storage: int, growth: int) -> None:
    assert growth_gib(storage) == growth


def test_a_window_may_pass_midnight_and_the_end_of_the_week() -> None:
    assert len(window_minutes("23:45-00:15")) == 30
    assert len(window_minutes("Sun:23:45-mon:00:45", weekly=True)) == 60
    assert not window_minutes("sun:23:45-mon:00:45")
    assert not window_minutes("24:00-24:30")


def test_a_window_lasts_from_half_an_hour_to_a_day() -> None:
    assert is_window(window_minutes("04:00-04:30"))
    assert not is_window(window_minutes("04:00-04:29"))
    assert not is_window(window_minutes("sun:04:00-mon:04:01", weekly=True))


def test_windows_overlap_on_each_day_of_the_week() -> None:
    backup = window_minutes("23:30-00:30")

    assert windows_overlap(backup, window_minutes("wed:00:00-wed:00:30", weekly=True))
    assert not windows_overlap(backup, window_minutes("wed:00:30-wed:01:00", weekly=True))


def test_a_region_of_which_aws_says_nothing_has_vpc_links_in_every_zone() -> None:
    regions = facts("zones")["regions"]

    assert link_zones("us-east-1") != regions["us-east-1"]["zones"]
    assert link_zones("ca-west-1") == regions["ca-west-1"]["zones"]
    assert link_zones("mars-1") == []
