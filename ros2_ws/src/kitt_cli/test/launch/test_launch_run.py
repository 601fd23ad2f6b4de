"""The process manager: order of signals, respawn, no orphans. Real processes throughout."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kitt_cli.launch import parse
from kitt_cli.launch.run import LaunchSession

SLEEPER = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGINT, lambda *_: sys.exit(0))\n"
    "print('up', flush=True)\n"
    "time.sleep(60)"
)
# Ignores SIGINT and SIGTERM, and says which came.
STUBBORN = (
    "import signal, time\n"
    "for s in (signal.SIGINT, signal.SIGTERM):\n"
    "    signal.signal(s, lambda n, _: print('got', signal.Signals(n).name, flush=True))\n"
    "print('up', flush=True)\n"
    "while True: time.sleep(60)"
)
PARENT = (  # a node with a child of its own, both deaf to SIGINT
    "import os, signal, time\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "child = os.fork()\n"
    "if child: print('child', child, flush=True)\n"
    "time.sleep(60)"
)


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def start(tmp_path, install):
    """`start(nodes, **attributes)`: a running session of dummy nodes; its lines in `.lines`."""
    sessions = []

    def _start(nodes, patience=0.4, attributes=""):
        for name, code in nodes.items():
            install("dummy", f"{name}_node", code)
        body = "".join(
            f'<node pkg="dummy" exec="{name}_node" name="{name}" output="screen" {attributes}/>' for name in nodes
        )
        file = tmp_path / "t.launch.xml"
        file.write_text(f"<launch>{body}</launch>")
        lines = []
        session = LaunchSession(parse.load(file), lines.append, patience)
        session.lines = lines
        sessions.append(session)
        session.start()
        return session

    yield _start
    for session in sessions:
        for _ in range(3):
            session.request_stop()
        session.wait(10)


def test_output_is_prefixed_and_stop_is_clean(start, alive):
    session = start({"a": SLEEPER, "b": SLEEPER})
    assert wait_for(lambda: {"[a_node-1] up", "[b_node-2] up"} <= set(session.lines))
    pids = session.processes
    assert set(pids) == {"a", "b"}
    assert session.stop(5) == 0
    assert not any(alive(pid) for pid in pids.values())
    assert session.processes == {}
    assert session.log.path.read_text().count("up") == 2


def test_escalates_from_sigint_over_sigterm_to_sigkill(start):
    session = start({"a": STUBBORN})
    assert wait_for(lambda: "[a_node-1] up" in session.lines)
    begin = time.monotonic()
    assert session.stop(10) == 1
    took = time.monotonic() - begin
    assert [line for line in session.lines if "got" in line] == ["[a_node-1] got SIGINT", "[a_node-1] got SIGTERM"]
    assert any("SIGKILL" in line for line in session.lines)
    assert 0.8 <= took < 3.0, "SIGTERM after one patience, SIGKILL after two"


def test_second_request_takes_the_next_signal_at_once(start):
    session = start({"a": STUBBORN}, patience=30)
    assert wait_for(lambda: "[a_node-1] up" in session.lines)
    for signal_name in ("SIGINT", "SIGTERM"):
        session.request_stop()
        assert wait_for(lambda name=signal_name: f"[a_node-1] got {name}" in session.lines, 3)
    session.request_stop()
    assert session.wait(3) == 1


def test_respawns_the_killed_with_its_delay(start, alive):
    session = start({"a": SLEEPER, "b": SLEEPER}, attributes='respawn="true" respawn_delay="0.3"')
    assert wait_for(lambda: "[a_node-1] up" in session.lines)
    other = session.processes["b"]
    killed = session.kill("a")
    begin = time.monotonic()
    assert wait_for(lambda: session.processes.get("a") not in (None, killed))
    assert time.monotonic() - begin >= 0.25
    assert session.respawns == {"a": 1, "b": 0}
    assert session.processes["b"] == other
    assert not alive(killed)
    assert wait_for(lambda: session.lines.count("[a_node-1] up") == 2)
    assert session.stop(5) == 0


def test_no_respawn_without_the_attribute_and_failure_counts(start):
    session = start({"a": "import sys; print('last words', end=''); sys.exit(3)"})
    assert session.wait(10) == 1
    assert "[a_node-1] last words" in session.lines
    assert any("exit status 3" in line for line in session.lines)


def test_ends_with_zero_when_all_ended_well(start):
    assert start({"a": "print('done')"}).wait(10) == 0


def test_program_that_fails_at_once_respawns_ever_more_slowly(start):
    session = start({"a": "raise SystemExit(1)"}, attributes='respawn="true" respawn_delay="0.0"')
    time.sleep(2.5)
    assert 3 <= session.respawns["a"] <= 6
    assert session.stop(5) == 0


def test_grandchildren_go_too(start, alive):
    session = start({"a": PARENT}, patience=0.3)
    assert wait_for(lambda: any("child" in line for line in session.lines))
    grandchild = int(next(line for line in session.lines if " child " in line).split()[-1])
    assert alive(grandchild)
    session.stop(5)
    assert wait_for(lambda: not alive(grandchild), 3)


RUNNER = (
    "import sys; from pathlib import Path; from kitt_cli.launch import parse, run; "
    "sys.exit(run.run(parse.load(Path(sys.argv[1])), patience=2))"
)


@pytest.fixture
def runner(tmp_path, install):
    """The runner as a process of its own with one node; yields (Popen, node's pid)."""
    install("dummy", "a_node", SLEEPER)
    file = tmp_path / "t.launch.xml"
    file.write_text('<launch><node pkg="dummy" exec="a_node" respawn="true"/></launch>')
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(file)], stdout=subprocess.PIPE, text=True, env=environment
    )
    line = process.stdout.readline()
    pid = int(line.split()[-1])
    assert wait_for(lambda: "child.py" not in Path(f"/proc/{pid}/cmdline").read_text()), "the helper has made way"
    time.sleep(0.3)  # the node's signal handler
    yield process, pid
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_runner_ended_by_a_signal_leaves_no_orphan(runner, alive, number):
    process, pid = runner
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not alive(pid)


def test_runner_killed_leaves_no_orphan(runner, alive):
    process, pid = runner
    process.kill()
    assert wait_for(lambda: not alive(pid), 3)
