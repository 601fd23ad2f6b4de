import pytest

from kitt_core import contract
from kitt_core.errors import KittError
from kitt_core.health import Level, TopicHealth


def test_every_row_is_sound():
    for name, row in contract.TOPICS.items():
        assert name.startswith("/") and name == row.name
        assert row.type.count("/msg/") == 1
        assert row.depth >= 1 and row.owner and row.description
        if row.rate_hz is not None:
            assert 0 < row.rate_hz[0] < row.rate_hz[1]
        if row.max_age_s is not None:
            assert row.max_age_s > 0


def test_unknown_topic_names_the_near_ones():
    with pytest.raises(KittError, match=r"/detections"):
        contract.topic("/detection")


def test_namespace_moves_all_but_the_shared_topics():
    assert contract.graph_name("/cmd_vel") == "cmd_vel"
    assert contract.graph_name("/tf") == "/tf"


def test_only_the_gate_owns_cmd_vel():
    assert contract.topic("/cmd_vel").owner == "safety_gate"
    owners = [row.name for row in contract.TOPICS.values() if row.owner == "safety_gate"]
    assert "/cmd_vel_desired" not in owners


def fed(name: str, times: list[float], age_s: float | None = 0.01) -> TopicHealth:
    health = TopicHealth(contract.topic(name))
    health.start(0.0)
    for t in times:
        health.seen(t, age_s)
    return health


def test_a_steady_topic_is_healthy():
    health = fed("/cmd_vel", [i * 0.05 for i in range(100)]).judge(4.95)
    assert health.level is Level.OK
    assert health.rate_hz == pytest.approx(20.0, abs=0.5)


def test_a_silent_topic_is_an_error_only_after_patience():
    health = fed("/cmd_vel", [i * 0.05 for i in range(20)])
    assert health.judge(1.5).level is not Level.ERROR
    assert health.judge(2.1).level is Level.ERROR


def test_a_topic_that_never_spoke_is_an_error_after_patience():
    health = fed("/cmd_vel", [])
    assert health.judge(0.5).level is Level.OK
    assert health.judge(1.5).level is Level.ERROR


def test_old_stamps_are_a_warning():
    health = fed("/cmd_vel", [i * 0.05 for i in range(100)], age_s=0.5).judge(4.95)
    assert health.level is Level.WARN and "old" in health.message


def test_a_flood_and_a_trickle_are_warnings():
    assert fed("/cmd_vel", [i * 0.01 for i in range(500)]).judge(5.0).level is Level.WARN
    assert fed("/cmd_vel", [i * 0.1 for i in range(50)]).judge(4.9).level is Level.WARN


def test_event_topics_and_topics_on_demand_may_be_silent():
    assert fed("/voice/command", []).judge(100.0).level is Level.OK
    assert fed("/detections/image", []).judge(100.0).level is Level.OK
