"""Fetching of meshes without a network: what is refused, what is not done twice, what is drawn without them."""

import hashlib
import json
import logging
import subprocess
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from kitt_core.geometry import Pose2D
from kitt_inference.errors import KittError
from kitt_sim import assets
from kitt_sim.gait import pose, skin
from kitt_sim.human import LOOKS, Human
from kitt_sim.mannequin import mannequin
from kitt_sim.simulator import Simulator
from kitt_sim.world import vehicle_at
from kitt_sim.worlds import empty


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def wheel(cache, monkeypatch):
    """One small wheel in the downloads, pinned; its conversion is counted, not done."""
    path = cache / "downloads" / "w-1-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("w/data/mesh.txt", "mesh")
        archive.writestr("w/code.py", "raise SystemExit")
    made = assets.Wheel("people", "w", "1", path.name, hashlib.sha256(path.read_bytes()).hexdigest(), "w/data/", "CC0")
    monkeypatch.setattr(assets, "WHEELS", (made,))
    calls = []

    def convert(_wheel, source, target, _progress):
        assert (source / "mesh.txt").read_text() == "mesh"
        assert not (source.parent / "code.py").exists()
        (target / "person0.npz").write_bytes(b"x")
        calls.append(1)

    monkeypatch.setattr(assets, "_convert", convert)
    return path, calls


def no_pip(monkeypatch, code=1, stderr="ERROR: could not connect"):
    monkeypatch.setattr(
        assets.subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, code, stdout="", stderr=stderr)
    )


def test_the_cache_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("KITT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert assets.cache_root() == tmp_path / "kitt"
    monkeypatch.setenv("KITT_CACHE", str(tmp_path / "own"))
    assert assets.cache_root() == tmp_path / "own"


def test_a_wheel_that_is_there_is_converted_once_and_then_removed(wheel, monkeypatch):
    path, calls = wheel
    no_pip(monkeypatch)
    steps = []
    assets.fetch(lambda text, part: steps.append(part))
    assert assets.missing() == []
    assert not path.exists()
    assert json.loads((assets.folder("people") / "manifest.json").read_text())["licence"] == "CC0"
    assert steps[-1] == 1.0
    assets.fetch()
    assert len(calls) == 1


def test_another_recipe_makes_them_anew(wheel, monkeypatch):
    assets.fetch()
    monkeypatch.setattr(assets, "RECIPE", assets.RECIPE + 1)
    assert assets.missing() == ["people"]


def test_offline_is_refused_with_the_reason(wheel, monkeypatch):
    wheel[0].unlink()
    no_pip(monkeypatch)
    with pytest.raises(KittError, match="could not connect") as info:
        assets.fetch()
    assert "connection" in info.value.remedy
    assert assets.missing() == ["people"]


def test_a_wheel_with_other_bytes_is_refused(wheel, monkeypatch):
    path, calls = wheel

    def fake(*args, **_):
        path.write_bytes(b"something else")
        return subprocess.CompletedProcess(args, 0, stdout="", stderr="")

    path.write_bytes(b"truncated")
    monkeypatch.setattr(assets.subprocess, "run", fake)
    with pytest.raises(KittError, match="sha256"):
        assets.fetch()
    assert not path.exists()
    assert calls == []


def test_an_interrupted_conversion_leaves_nothing_half_done(wheel, monkeypatch):
    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(assets, "_convert", broken)
    with pytest.raises(KeyboardInterrupt):
        assets.fetch()
    assert assets.missing() == ["people"]
    assert not assets.folder("people").exists()
    assert wheel[0].exists()  # the download is not lost


def test_without_meshes_plain_bodies_are_drawn_with_one_warning(cache, caplog):
    assets._warn.cache_clear()
    world = replace(empty(0), vehicles=tuple(vehicle_at(f"c{i}", "sedan", Pose2D(8.0 + 6 * i, -1.0)) for i in range(2)))
    with caplog.at_level(logging.WARNING, logger="kitt_sim"):
        with_car = Simulator(world).render()
    assert len([r for r in caplog.records if "vehicles" in r.getMessage()]) == 1
    assert "python -m kitt_sim.assets" in caplog.text
    assert np.abs(with_car.astype(int) - Simulator(empty(0)).render()).max() > 50


def test_a_human_survives_its_file(tmp_path):
    human = mannequin(LOOKS[0])
    human.save(tmp_path / "h.npz")
    again = Human.load(tmp_path / "h.npz")
    assert again.bones == human.bones
    assert again.points == pytest.approx(human.points, abs=1e-6)
    assert np.array_equal(again.faces, human.faces)


def test_walking_moves_the_legs_against_each_other_and_keeps_their_length():
    human = mannequin(LOOKS[0])
    names = [b.name for b in human.bones]

    def place(name, phase):
        points = skin(human.points, human.bones, human.indices, human.weights, pose(phase, 0.0))
        return points[human.indices[:, 0] == names.index(name)].mean(axis=0)

    # at phase 0 the right heel touches down ahead, half a stride later the left
    assert place("foot.R", 0.0)[0] > 0.25 > -0.1 > place("foot.L", 0.0)[0]
    assert place("foot.L", 0.5)[0] > 0.25 > -0.1 > place("foot.R", 0.5)[0]
    assert place("lowerarm01.L", 0.0)[0] > place("lowerarm01.R", 0.0)[0]  # arms swing against the legs
    for phase in np.linspace(0, 1, 7):
        thigh = np.linalg.norm(place("upperleg01.L", phase) - place("lowerleg01.L", phase))
        assert 0.30 < thigh < 0.46
