"""Each finding against a machine made to have it or not."""

import json
import os
import subprocess
import sys

import pytest

from kitt_cli import checks
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
