"""A routine: learnt, offered, forgotten, kept in a file."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter, defaultdict

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text import routine as module
from kitt_text.routine import EVENTS, Routine, user_file
from kitt_text.small_lstm import NOTHING, SmallLstm

MENU = ("pasta", "fish", "pasta", "soup", "burger", "closed", "closed")
"""The textbooks' cafeteria, a week; after pasta and after closed it takes more than the day before to know."""


@pytest.fixture
def routine(tmp_path):
    return Routine(tmp_path / "data" / "routine.json")


def test_the_menu_is_known_after_three_weeks_and_a_bigram_does_not_know_it(routine):
    days = [MENU[day % 7] for day in range(7 * 8)]
    follow = defaultdict(Counter)
    for before, dish in itertools.pairwise(days[:21]):
        follow[before][dish] += 1
    for dish in days[:21]:
        routine.observe(dish)
    routine.learn()
    right = bigram = 0
    for before, dish in itertools.pairwise(days[20:]):
        right += routine.suggest(1)[0][0] == dish
        bigram += follow[before].most_common(1)[0][0] == dish
        routine._events.append(dish)  # what it sees, not what it learns from
    total = len(days) - 21
    print(f"menu: {right / total:.3f} right, bigram {bigram / total:.3f}, {total} days")
    assert right / total >= 0.95
    assert bigram / total < 0.8


@pytest.mark.slow
def test_the_weather_decides(routine):
    """Sun: the same dish again; rain: the next one (the textbooks' other menu)."""
    dishes, at, draw = ("apple pie", "burger", "chicken"), 0, np.random.default_rng(5)
    events = []
    for _ in range(82):
        rain = draw.random() < 0.5
        at = (at + rain) % 3
        events += ["rain" if rain else "sun", dishes[at]]
    for event in events[:84]:
        routine.observe(event)
    routine.learn()
    right = 0
    for weather, dish in zip(events[84::2], events[85::2], strict=True):
        routine._events.append(weather)
        right += routine.suggest(1)[0][0] == dish
        routine._events.append(dish)
    print(f"weather: {right / 40:.3f} right")
    assert right / 40 >= 0.9


def test_a_routine_that_is_taught_once_is_offered(routine):
    routine.teach(["open the garage", "lights on", "forward"])
    routine.learn()
    routine.observe("open the garage")
    assert routine.suggest(1)[0][0] == "lights on"
    routine.observe("lights on")
    event, probability = routine.suggest(1)[0]
    assert event == "forward" and 0.5 < probability <= 1.0


def test_learn_my_routine_and_that_is_my_routine(routine):
    assert routine.finish() == ()
    routine.observe("before")
    routine.begin()
    for event in ("open the garage", "lights on", "forward"):
        routine.observe(event)
    assert routine.finish() == ("open the garage", "lights on", "forward")
    assert routine.taught == (("open the garage", "lights on", "forward"),)


def test_it_forgets(routine):
    routine.teach(["a", "b"])
    for event in ("x", "y", "x"):
        routine.observe(event)
    assert routine.forget("x") == 2
    assert routine.events == ("y",) and routine.taught
    assert routine.forget("b") == 1
    assert routine.forget("never seen") == 0
    routine.forget()
    assert (routine.events, routine.taught, routine.suggest()) == ((), (), [])
    assert Routine(routine.path).events == ()


def test_it_remembers_after_a_restart_and_learns_by_itself(routine):
    routine.teach(["a", "b", "c"])
    routine.observe("a")
    again = Routine(routine.path)
    assert (again.events, again.taught) == (("a",), (("a", "b", "c"),))
    until = time.monotonic() + 20
    while not again.suggest(1) and time.monotonic() < until:
        time.sleep(0.02)
    assert again.suggest(1)[0][0] == "b"


def test_the_same_data_give_the_same_network(tmp_path, monkeypatch):
    monkeypatch.setattr(SmallLstm.fit, "__defaults__", (1.0, 20))
    odds = []
    for name in "ab":
        routine = Routine(tmp_path / name)
        routine.teach(["a", "b", "c", "a", "c"])
        routine.observe("a")
        routine.learn(60.0)
        odds.append(routine.suggest())
    assert odds[0] == odds[1]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"events": 3, "taught": []}', '{"events": [1], "taught": []}', "\x00", "[" * 100_000,
     '{"events": [], "taught": ["ab"]}'],
)  # fmt: skip
def test_a_corrupt_file_is_told_and_kept(tmp_path, content):
    path = tmp_path / "routine.json"
    path.write_text(content)
    routine = Routine(path)
    assert str(path) in routine.fault
    assert routine.events == ()
    routine.observe("go")
    assert Routine(path).events == ("go",)
    assert (tmp_path / "routine.json.broken").read_text() == content


@pytest.mark.parametrize("event", ["", "  ", "\x00\x01", "\n"])
def test_nothing_is_no_event(routine, event):
    routine.observe(event)
    assert routine.events == ()
    assert not routine.path.exists()


def test_strange_events_are_bounded(routine):
    for event in ("x" * 1_000_000, "🙂🚗", "едь", "\ud800 half a pair", "two\nlines"):
        routine.observe(event)
    assert max(map(len, routine.events)) <= module.CHARS
    assert routine.events[-1] == "two lines"
    assert Routine(routine.path).events == routine.events


@pytest.mark.slow
def test_it_keeps_the_last_events_and_learns_in_bounded_time(routine):
    draw = np.random.default_rng(0)
    routine._events = [f"event {draw.integers(300)}" for _ in range(3 * EVENTS)]
    routine.observe("last")
    assert len(routine.events) == EVENTS
    began = time.thread_time()
    routine.learn()
    assert time.thread_time() - began < 2.0
    assert len(routine.suggest(1000)) <= module.KINDS


def test_teaching_too_little_or_where_nothing_can_be_written_says_so(routine, tmp_path):
    with pytest.raises(KittError, match="two events"):
        routine.teach(["alone", " "])
    (tmp_path / "file").write_text("")
    with pytest.raises(KittError, match="cannot be written"):
        Routine(tmp_path / "file" / "routine.json").observe("go")


def test_threads_do_not_disturb_one_another(routine):
    def work(name):
        for at in range(20):
            routine.observe(f"{name} {at}")
            routine.suggest()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(routine.events) == 60
    assert len(json.loads(routine.path.read_text())["events"]) == 60


def test_the_usual_place(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert user_file() == tmp_path / "kitt" / "routine.json"


def test_the_gradients_are_those_of_the_loss(monkeypatch):
    """Against differences; without dropout and the step of Adam."""
    monkeypatch.setattr("kitt_text.small_lstm.DROP", 0.0)
    network = SmallLstm(4, hidden=5, seed=3)
    network.weights = {name: w.astype(np.float64) for name, w in network.weights.items()}
    kept = {}
    monkeypatch.setattr(network, "_adam", kept.update)
    windows = np.array([[0, 1, 2, 3, 1], [2, 2, 1, NOTHING, NOTHING]])
    network._learn(windows, np.random.default_rng(0))
    gradients = {name: g.copy() for name, g in kept.items()}
    for name, weight in network.weights.items():
        for index in ((0,) * weight.ndim, (-2,) * weight.ndim):
            losses = []
            for change in (1e-4, -2e-4, 1e-4):
                weight[index] += change
                losses.append(network._learn(windows, np.random.default_rng(0)))
            assert gradients[name][index] == pytest.approx((losses[0] - losses[1]) / 2e-4, abs=2e-4), (name, index)
