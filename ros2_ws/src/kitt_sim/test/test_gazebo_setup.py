"""The set-up of Gazebo 11, its stamps and its transport, without Gazebo."""

import os
import shutil
import socket
import subprocess

import pytest

from kitt_inference.errors import KittError
from kitt_sim.gazebo import enter, harmonic, mirror, server, tree
from kitt_sim.gazebo.clock import StampClock
from kitt_sim.gazebo.server import Server


def test_the_mirror_is_debians_own_and_not_the_security_archive():
    text = (
        "http://mirror.example/debian-security/|Debian|main\n"
        "http://node.example/node_20.x/|. nodistro|main\n"
        "https://other.example/debian/||main\n"
        "http://mirror.example/debian/|Debian|main\nhttp://mirror.example/debian/|Debian|contrib\n"
    )
    assert mirror.parse(text) == ["http://mirror.example/debian", "https://other.example/debian"]
    assert mirror.parse("") == []


def test_without_a_mirror_the_variable_is_named(monkeypatch, tmp_path):
    key = tmp_path / "key.gpg"
    key.touch()
    monkeypatch.setattr(mirror, "KEYRING", key)
    monkeypatch.setattr(mirror.shutil, "which", lambda *_a, **_k: "/usr/bin/x")
    monkeypatch.setattr(mirror.subprocess, "run", lambda *_a, **_k: subprocess.CompletedProcess([], 0, "", ""))
    monkeypatch.delenv(mirror.VARIABLE, raising=False)
    with pytest.raises(KittError) as info:
        mirror.find()
    assert mirror.VARIABLE in info.value.remedy
    monkeypatch.setenv(mirror.VARIABLE, "http://mirror.example/debian/")
    assert mirror.find() == "http://mirror.example/debian"
    monkeypatch.setenv(mirror.VARIABLE, "nonsense")
    with pytest.raises(KittError, match="nonsense"):
        mirror.find()


def test_a_machine_without_apt_is_told_so(monkeypatch):
    monkeypatch.setattr(mirror.shutil, "which", lambda *_a, **_k: None)
    with pytest.raises(KittError, match="apt-get"):
        mirror.find()


def test_a_tree_of_another_recipe_or_a_broken_one_is_not_ready(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    assert not tree.ready()
    with pytest.raises(KittError) as info:
        tree.require()
    assert "kitt setup gazebo" in info.value.remedy
    root = tree.root()
    (root / "usr/bin").mkdir(parents=True)
    (root / "kitt").mkdir()
    (root / "usr/bin/gzserver").touch()
    (root / "kitt/messages.desc").touch()
    for text in ("", "[]", "{broken", '{"recipe": -1}'):
        (root / "kitt-manifest.json").write_text(text)
        assert not tree.ready()
    (root / "kitt-manifest.json").write_text(f'{{"recipe": {tree.RECIPE}}}')
    assert tree.ready()


def test_a_full_disk_is_refused_before_anything_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(mirror, "find", lambda: "http://mirror.example/debian")
    monkeypatch.setattr(enter, "check", lambda: None)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(tree.shutil, "disk_usage", lambda _p: usage._replace(free=10))
    with pytest.raises(KittError, match="GB free"):
        tree.fetch()


def test_an_unreachable_mirror_is_named_with_a_remedy(monkeypatch, tmp_path):
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get here")
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    with pytest.raises(KittError, match=r"127\.0\.0\.1:9") as info:
        tree._apt(["update", "-o", "Acquire::Retries=0"], "http://127.0.0.1:9/debian")
    assert mirror.VARIABLE in info.value.remedy


def test_a_command_for_the_tree_quotes_what_it_is_given(tmp_path):
    words = enter.command(tmp_path / "a tree", ["/bin/echo", "it's"], {"A": "b c"}, {tmp_path: "/world"})
    script = words[-1]
    assert subprocess.run(["sh", "-n", "-c", script], check=False).returncode == 0
    assert "--kill-child=KILL" in words
    assert "'A=b c'" in script


def test_a_server_without_a_tree_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    with pytest.raises(KittError) as info:
        Server(tmp_path)
    assert "kitt setup gazebo" in info.value.remedy


def test_harmonic_that_is_not_installed_names_the_other_gazebo(monkeypatch, tmp_path):
    monkeypatch.setattr(harmonic.shutil, "which", lambda _program: None)
    with pytest.raises(KittError) as info:
        harmonic.commands(tmp_path, window=False)
    assert "gazebo11" in info.value.remedy
    monkeypatch.setattr(harmonic.shutil, "which", lambda program: f"/usr/bin/{program}")
    server, bridge = harmonic.commands(tmp_path, window=False)
    assert server[:2] == ["gz", "sim"]
    assert "-s" in server
    assert str(tmp_path / "bridge.yaml") in bridge[-1]


def test_stamps_follow_the_systems_clock_and_are_never_ahead_of_it():
    clock = StampClock(follow=True)
    wall = 1_000_000_000_000
    for i, delay in enumerate((3, 1, 2, 5)):  # milliseconds on the way
        clock.observe(i * 0.02, wall + i * 20_000_000 + delay * 1_000_000)
    assert clock.stamp_ns(0.06) == wall + 60_000_000 + 1_000_000
    for i in range(4, 200):  # Gazebo at half speed: stamps keep up
        clock.observe(i * 0.02, wall + i * 40_000_000)
    now = wall + 199 * 40_000_000
    assert 0 <= now - clock.stamp_ns(199 * 0.02) <= 1_000_000_000 / 2 * 2


def test_simulated_stamps_run_as_gazebos_time_does():
    clock = StampClock(follow=False)
    clock.observe(1.0, 5_000_000_000)
    clock.observe(1.5, 9_000_000_000)
    assert clock.stamp_ns(2.0) - clock.stamp_ns(1.0) == 1_000_000_000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_what_the_machine_refuses_is_said_with_the_remedy(monkeypatch):
    monkeypatch.setattr(enter, "_unshare", lambda: ["sh", "-c", "echo no namespaces >&2; exit 1"])
    enter.check.cache_clear()
    with pytest.raises(KittError, match="no namespaces"):
        enter.check()
    enter.check.cache_clear()


def test_who_listens_and_has_a_guest_is_seen_without_knocking():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not server._at_home(port)
        with socket.create_connection(("127.0.0.1", port)):
            assert server._at_home(port)
            listener.settimeout(0.05)
            listener.accept()[0].close()
            with pytest.raises(TimeoutError):
                listener.accept()
    assert not server._at_home(port)
