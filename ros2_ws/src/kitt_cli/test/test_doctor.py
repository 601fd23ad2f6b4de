"""Each finding against a machine made to have it or not."""

import json
import os
import subprocess
import sys

import pytest

from kitt_cli import checks, jetson
from kitt_inference.engines.cache import EngineCache
from kitt_inference.engines.key import EngineKey
from kitt_inference.errors import KittError


def test_python_is_new_enough(monkeypatch):
    assert checks.python().state == checks.OK
    monkeypatch.setattr(checks.sys, "version_info", (3, 9, 1))
    assert checks.python().state == checks.MISSING


@pytest.mark.parametrize(
    ("check", "module", "state"),
    [
        (checks.ros, "rclpy", checks.MISSING),
        (checks.environment, "onnxruntime", checks.MISSING),
        (checks.interfaces, "vision_msgs.msg", checks.MISSING),
        (checks.simulator, "panda3d", checks.OPTIONAL),
        (checks.microphone, "sounddevice", checks.OPTIONAL),
    ],
)
def test_missing_module_is_found_with_its_remedy(monkeypatch, check, module, state):
    monkeypatch.setattr(checks, "_module", lambda name: name != module)
    finding = check()
    assert finding.state == state
    assert finding.remedy


def test_microphone_names_devices_or_what_mends_it(monkeypatch):
    pytest.importorskip("sounddevice", exc_type=OSError, reason="PortAudio: apt-get install libportaudio2")
    from kitt_voice.sources import device

    monkeypatch.setattr(device, "input_devices", lambda: [device.SoundDevice(2, "USB Mic", 1, 48000)])
    assert (checks.microphone().state, checks.microphone().found) == (checks.OK, "2: USB Mic")
    monkeypatch.setattr(device, "input_devices", list)
    assert (checks.microphone().state, bool(checks.microphone().remedy)) == (checks.OPTIONAL, True)

    def no_portaudio():
        raise KittError("PortAudio is missing", "sudo apt-get install libportaudio2")

    monkeypatch.setattr(device, "input_devices", no_portaudio)
    assert checks.microphone().remedy == "sudo apt-get install libportaudio2"


def test_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path / "new"))
    assert checks.cache().state == checks.OK
    monkeypatch.setattr(checks.os, "access", lambda *_: False)
    assert "cannot be written" in checks.cache().found
    monkeypatch.undo()
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(checks, "_LEAST_SPACE", 1e30)
    assert checks.cache().state == checks.MISSING


def test_no_model_is_here(monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    finding = checks.models()
    assert (finding.state, finding.remedy) == (checks.MISSING, "./kitt models fetch")


def test_json_is_one_object_and_status_tells(tmp_path):
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), KITT_CACHE=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "kitt_cli.main", "doctor", "--json"],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert result["healthy"] is False
    assert {"what": "models", "state": "missing"}.items() <= next(
        check for check in result["checks"] if check["what"] == "models"
    ).items()


@pytest.mark.parametrize(
    ("head", "mode", "state", "words"),
    [
        ("# R36 (release), REVISION: 4.3, GCID: 1", "MAXN_SUPER", checks.OK, "JetPack 6.1 or 6.2 (Jetson Linux 36.4)"),
        ("# R36 (release), REVISION: 4.3, GCID: 1", "15W", checks.OPTIONAL, "power mode 15W"),
        ("# R36 (release), REVISION: 9.0, GCID: 1", "MAXN", checks.OK, "JetPack 6 (Jetson Linux 36.9)"),
        ("# R35 (release), REVISION: 4.1, GCID: 1", "MAXN", checks.MISSING, "JetPack unknown"),
        ("# R38 (release), REVISION: 2.0, GCID: 1", "", checks.OPTIONAL, "power mode unknown"),
        ("rubbish", "", checks.OPTIONAL, "this machine is none"),
        (None, "", checks.OPTIONAL, "this machine is none"),
    ],
)
def test_a_jetson_is_read(monkeypatch, tmp_path, head, mode, state, words):
    (tmp_path / "etc").mkdir()
    if head is not None:
        (tmp_path / "etc/nv_tegra_release").write_text(head)
    number = jetson.release(tmp_path)
    monkeypatch.setattr(jetson, "release", lambda: number)
    monkeypatch.setattr(jetson, "power_mode", lambda: mode)
    finding = checks.board()
    assert (finding.state, words in finding.found) == (state, True)


def test_the_power_mode_is_asked(monkeypatch, tmp_path):
    program = tmp_path / "nvpmodel"
    program.write_text("#!/bin/sh\necho NV Power Mode: 15W; echo 2")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert jetson.power_mode() == "15W"
    program.write_text("#!/bin/sh\nexit 1")
    assert jetson.power_mode() == ""


def test_gpu_tensorrt_and_engines(monkeypatch, tmp_path):
    from kitt_inference.engines import cuda, library
    from kitt_inference.errors import BackendError

    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(cuda, "missing", lambda: "no NVIDIA GPU")
    assert checks.gpu().found == "no NVIDIA GPU; the CPU computes"
    monkeypatch.setattr(cuda, "missing", str)
    monkeypatch.setattr(cuda, "driver", lambda: None)
    monkeypatch.setattr(cuda.Device, "describe", staticmethod(lambda _: ("Orin", "8.7")))

    def none():
        raise BackendError("TensorRT is not installed", library.REMEDY)

    monkeypatch.setattr(library, "load", none)
    assert "TensorRT is not installed" in checks.gpu().found
    assert "python3-libnvinfer" in checks.gpu().remedy
    monkeypatch.setattr(library, "load", lambda: library.Library(None, "tensorrt", "10.3"))
    assert checks.gpu().remedy == "./kitt engine build"
    key = EngineKey("a" * 64, "tensorrt", "10.3", "Orin", "8.7", "fp16")
    EngineCache().store(key, b"plan", {"model": "m", "reference_sha256": "r", "report": {}, "speed": {}})
    assert (checks.gpu().state, checks.gpu().found.endswith("; 1 engines")) == (checks.OK, True)
