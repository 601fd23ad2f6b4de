"""The routine by command: taught, offered, forgotten."""

import time
from pathlib import Path

import pytest

from kitt_inference.errors import KittError
from kitt_text.habits import Habits, taught
from kitt_text.routine import Routine


def test_a_lesson_is_learnt_offered_and_forgotten(tmp_path: Path) -> None:
    routine = Routine(tmp_path / "routine.json")
    habits = Habits(routine)
    assert habits.heard("learn_routine", "learn my routine", "en") is None
    for command, text in (("lights_on", "lights on"), ("stop", "stop"), ("forward", "forward two meters")):
        habits.heard(command, text, "en")
    habits.heard("routine_done", "that's my routine", "en")
    assert routine.taught == (("lights on", "forward two meters"),)
    routine.observe("lights on")
    offered, end = habits.offer("en"), time.monotonic() + 20
    while offered is None and time.monotonic() < end:  # it learns in the background
        time.sleep(0.1)
        offered = habits.offer("en")
    assert offered is not None and offered.completions[0].text == "forward two meters"
    assert offered.completions[0].command == "" and 0.2 <= offered.completions[0].score <= 1
    habits.heard("forget_routine", "forget my routine", "en")
    assert routine.taught == () and habits.offer("en") is None


def test_a_stop_is_no_habit(tmp_path: Path) -> None:
    habits = Habits(Routine(tmp_path / "routine.json"))
    for command in ("stop", "", "yes"):
        assert habits.heard(command, "something", "fr") is None
    assert habits.routine.events == ()


def test_a_routine_in_one_line() -> None:
    assert taught(" open the garage, lights on ,, forward") == ["open the garage", "lights on", "forward"]
    with pytest.raises(KittError, match="no routine"):
        taught("lights on")
