"""One watched input and the two clocks, at their edges."""

from __future__ import annotations

import math

import pytest

from kitt_control.inputs import MAX_STEP, SCAN, ClockWatch, Watched
from kitt_control.reasons import Reason


def test_before_anything_came():
    watched: Watched[float] = Watched(SCAN)
    assert (watched.value, watched.stamp, watched.received) == (None, -math.inf, -math.inf)
    assert watched.age(0.0, 0.0) == math.inf
    assert watched.doubt(0.0, 0.0, 1.0) is Reason.SCAN_MISSING


@pytest.mark.parametrize(
    ("stamp", "steady", "ros", "reason"),
    [
        (math.nan, 1.0, 64.0, Reason.SCAN_INVALID),
        (math.inf, 1.0, 64.0, Reason.SCAN_INVALID),
        (64.0, math.nan, 64.0, Reason.SCAN_INVALID),
        (64.0, math.inf, 64.0, Reason.SCAN_INVALID),
        (64.0, 1.0, math.nan, Reason.SCAN_INVALID),
        (64.0, 1.0, math.inf, Reason.SCAN_INVALID),
        (64.125, 1.0, 64.0, None),
        (64.25, 1.0, 64.0, Reason.SCAN_FUTURE),
    ],
)
def test_what_may_be_taken(stamp, steady, ros, reason):
    watched: Watched[float] = Watched(SCAN)
    assert watched.accept(3.0, 60.0, 1.0, 64.0, 0.125)
    assert watched.accept(4.0, stamp, steady, ros, 0.125) is (reason is None)
    assert watched.value == (4.0 if reason is None else None)
    assert watched.doubt(1.0, 64.0, 9.0) is reason


def test_what_is_older_than_the_held_one_is_dropped_and_the_same_again_is_taken():
    watched: Watched[float] = Watched(SCAN)
    assert watched.accept(3.0, 60.0, 1.0, 64.0, 0.125)
    assert watched.accept(4.0, 59.0, 2.0, 64.0, 0.125) is False
    assert (watched.value, watched.received) == (3.0, 1.0)
    assert watched.accept(5.0, 60.0, 2.0, 64.0, 0.125) is True
    watched.forget()
    assert (watched.value, watched.stamp, watched.received) == (None, -math.inf, -math.inf)


def test_the_clocks_step_by_step():
    watch = ClockWatch()
    assert watch.step(8.0, 0.0, 0.25) == (Reason.NO_CLOCK, 0.0)
    assert watch.step(8.05, 64.0, 0.25) == (None, 0.0)  # it has just started
    assert watch.step(8.0625, 64.0, 0.25) == (None, pytest.approx(0.0125))
    assert watch.step(8.3, 64.2, 0.25) == (None, MAX_STEP)
    assert watch.step(8.3, 65.0, 0.25) == (Reason.CLOCK_JUMP, 0.0)
    assert watch.step(8.35, 65.05, 0.25)[0] is None
    assert watch.step(math.nan, 65.1, 0.25) == (Reason.CLOCK_JUMP, 0.0)
    assert watch.step(8.4, 99.0, 0.25) == (None, 0.0)  # after that nothing is known of before
