"""What `kitt bench` computes, and that its contestants compute the same."""

from __future__ import annotations

import importlib.util
import json
import os
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from kitt_cli.bench import peers
from kitt_cli.bench.frames import load_frames
from kitt_cli.bench.statistics import Rate, machine, measure_rate, percentiles_ms
from kitt_cli.verbs.bench import app
from kitt_inference.errors import KittError

DATA = Path(os.environ.get("KITT_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data")
ROS = [name for name in ("rclpy", "vision_msgs", "kitt_interfaces") if importlib.util.find_spec(name) is None]


def test_rate_counts_what_was_run() -> None:
    calls: list[int] = []

    def run(index: int) -> None:
        calls.append(index)
        time.sleep(0.01)

    rate = measure_rate(run, 0.2, warm_up=2)
    assert calls[:3] == [0, 1, 0]
    assert rate.count == len(calls) - 2
    assert 20 < rate.hz <= 100
    assert (rate + rate).hz == pytest.approx(rate.hz)
    assert Rate(0, 0.0).hz == 0.0


def test_percentiles() -> None:
    assert percentiles_ms([i / 1000 for i in range(101)]) == {
        "p50_ms": 50.0,
        "p95_ms": 95.0,
        "p99_ms": 99.0,
        "count": 101,
    }
    assert percentiles_ms([]) == {"count": 0}


def test_machine_is_described() -> None:
    about = machine()
    assert about["cores"] >= 1
    assert about["processor"]


def test_frames_of_a_folder_and_drawn(tmp_path: Path) -> None:
    assert load_frames(None)[0].shape == (8, 480, 640, 3)
    with pytest.raises(KittError, match="holds no pictures"):
        load_frames(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((10, 20, 3), dtype=np.uint8))
    (tmp_path / "b.png").write_text("no picture")
    frames, origin = load_frames(tmp_path)
    assert frames.shape == (1, 480, 640, 3)
    assert "1 pictures" in origin


def test_disagreement_keeps_an_engine_out() -> None:
    ones = [np.ones((2, 3), dtype=np.float32)]
    assert peers.disagreement(ones, [ones[0] + 1e-4]) == ""
    assert "differ by up to 1" in peers.disagreement(ones, [ones[0] + 1])
    assert "shapes" in peers.disagreement(ones, [np.ones((3, 2))])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["opencv_dnn", "torch_eager"])
def test_other_engines_compute_the_same(name: str) -> None:
    path = DATA / "models" / "picodet_s_416.onnx"
    if not path.is_file():
        pytest.skip("no models: set KITT_DATA to the folder of shared data")
    from kitt_inference.session import open_session

    session = open_session(path)
    tensor = np.random.default_rng(0).normal(size=(1, 3, 416, 416)).astype(np.float32)
    try:
        run = peers.PEERS[name](path, [output.name for output in session.outputs], 1)
    except peers.NotInstalledError as missing:
        pytest.skip(str(missing))
    ours = list(session.run({session.inputs[0].name: tensor}).values())
    assert peers.disagreement(ours, run(tensor)) == ""


def test_without_torch_the_bench_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(peers.NotInstalledError, match="torch==2"):
        peers.torch_eager(Path("x.onnx"), [], 1)


def test_missing_images_are_a_users_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["perception", "--images", str(tmp_path / "none"), "--json"])
    assert isinstance(result.exception, KittError)


@pytest.mark.slow
@pytest.mark.ros
@pytest.mark.skipif(bool(ROS), reason=f"not installed or not built: {ROS}")
def test_transport_loses_no_image() -> None:
    result = CliRunner().invoke(app, ["transport", "--count", "90", "--json"])
    figures = json.loads(result.stdout)
    assert figures["sent"] == 90
    assert figures["lost"] == 0
    assert figures["shape"] == [480, 640, 3]
    assert figures["age"]["count"] == 90


@pytest.mark.slow
@pytest.mark.ros
@pytest.mark.skipif(bool(ROS), reason=f"not installed or not built: {ROS}")
@pytest.mark.skipif(not (DATA / "models").is_dir(), reason="no models: set KITT_DATA to the folder of shared data")
def test_the_nodes_latency_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(DATA / "models"))
    asked = ["--model", "yolox_nano_416", "--seconds", "2", "--rounds", "1", "--json"]
    latency = json.loads(CliRunner().invoke(app, ["perception", *asked]).stdout)["latency"]
    parts = ["wait", "decode", "preprocess", "inference", "postprocess", "publish"]
    assert list(latency) == [*parts, "total"]
    assert all(stage["count"] > 0 and stage["p50_ms"] >= 0 for stage in latency.values())
    assert max(latency[part]["p50_ms"] for part in parts) <= latency["total"]["p50_ms"]
    assert latency["inference"]["p50_ms"] > latency["postprocess"]["p50_ms"]


@pytest.mark.slow
def test_engines_on_a_machine_with_or_without_a_gpu() -> None:
    path = DATA / "models" / "yolox_nano_416.onnx"
    if not path.is_file():
        pytest.skip("no models: set KITT_DATA to the folder of shared data")
    os.environ.setdefault("KITT_MODEL_MIRROR", str(path.parent))
    result = CliRunner().invoke(
        app, ["engines", "--model", "yolox_nano_416", "--seconds", "0.1", "--rounds", "2", "--json"]
    )
    figures = json.loads(result.stdout)
    assert figures["engines"]["onnxruntime"]["times_as_fast"] == 1.0
    assert figures["engines"]["onnxruntime"]["count"] >= 6
    for entry in ("planes", "pixels"):
        assert figures["engines"][f"onnxruntime from a picture, {entry} in"]["hz"] > 0
    for precision in ("fp32", "fp16", "int8"):
        name = f"tensorrt {precision}"
        assert name in figures["engines"] or figures["notes"][name]
    assert "torch eager" in figures["engines"] or figures["notes"]["torch eager"]
