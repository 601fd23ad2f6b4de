"""What a session does with a Gazebo that starts and then answers nothing; without Gazebo."""

from types import SimpleNamespace

import pytest

from kitt_inference.errors import KittError
from kitt_sim.gazebo import session
from kitt_sim.worlds import world_by_name


class Mute:
    """A Gazebo that answers from its `answers`th start on; `started` and `closed` count.

    `silent` starts before that it has its models and yet does not connect.
    """

    def __init__(self, monkeypatch, tmp_path, answers, silent=0):
        self.started = self.closed = 0
        (tmp_path / session.files.NAMES_FILE).write_text("{}")
        monkeypatch.setattr(session.files, "prepare", lambda *_a, **_k: tmp_path)
        monkeypatch.setattr(session.messages, "load", dict)
        monkeypatch.setattr(session, "_ANSWER_S", 0.1)
        monkeypatch.setattr(session, "_LOADING_S", 0.1)
        monkeypatch.setattr(session, "Server", self.start)
        monkeypatch.setattr(session, "Client", lambda *_a: SimpleNamespace(
            listened=lambda _topics: self.started >= answers - silent,
            advertise=lambda *_a: SimpleNamespace(subscribers=int(self.started >= answers)),
            subscribe=lambda *_a: None, close=lambda: None,
        ))  # fmt: skip

    def start(self, *_arguments, **_settings):
        self.started += 1
        return SimpleNamespace(port=1, log="gazebo.log", check=lambda: None, close=self.close)

    def close(self):
        self.closed += 1


@pytest.mark.parametrize("silent", [0, 1])
def test_a_gazebo_that_forgets_us_is_started_anew(monkeypatch, tmp_path, silent):
    gazebo = Mute(monkeypatch, tmp_path, answers=2, silent=silent)
    found = session.Session(world_by_name("calibration"), lockstep=True)
    assert (gazebo.started, gazebo.closed) == (2, 1)
    found.close()
    assert gazebo.closed == 2


def test_one_that_never_answers_is_named_and_ended(monkeypatch, tmp_path):
    gazebo = Mute(monkeypatch, tmp_path, answers=99)
    with pytest.raises(KittError, match=r"no answer about its models, 3 times"):
        session.Session(world_by_name("calibration"), lockstep=True)
    assert gazebo.started == gazebo.closed == 3
