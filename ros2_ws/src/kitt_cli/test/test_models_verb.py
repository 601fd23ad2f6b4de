"""kitt models: list, fetch, verify."""

from __future__ import annotations

import hashlib
import json

import pytest

from kitt_cli import main

DATA = b"a network"


@pytest.fixture
def kitt(monkeypatch, capfd, tmp_path):
    """Runs `kitt models` in a zoo of two models, of which the mirror has the second."""
    for rank, name in enumerate(["best", "good"]):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "card.md").write_text(
            f"---\nname: {name}\nrank: {rank}\nsize: 9\nsha256: {hashlib.sha256(DATA).hexdigest()}\nlabels: [ant]\n"
            "licence: Apache-2.0\ninput: {size: [64, 64]}\nhead: {type: yolov8}\n"
            "measured: [{ap: 34.04, ap50: 49.0}]\n---\n"
        )
    (tmp_path / "models" / "labels").mkdir()
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "good.onnx").write_bytes(DATA)
    monkeypatch.setenv("KITT_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("KITT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(tmp_path / "mirror"))

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["kitt", "models", *arguments])
        with pytest.raises(SystemExit) as stop:
            main.main()
        captured = capfd.readouterr()
        return stop.value.code or 0, captured.out, [line for line in captured.err.splitlines() if line.strip()]

    return run


def test_list(kitt):
    status, out, errors = kitt("list", "--json")
    assert (status, errors) == (0, [])
    rows = json.loads(out)["models"]
    assert [(row["name"], row["state"]) for row in rows] == [("best", "missing"), ("good", "missing")]
    status, out, _ = kitt("list")
    assert status == 0
    for word in ("best", "good", "missing", "34.0", "Apache-2.0"):
        assert word in out


def test_fetch_and_verify(kitt, tmp_path):
    status, out, errors = kitt("fetch", "good", "--json")
    assert (status, errors) == (0, [])
    path = tmp_path / "cache/models/good/good.onnx"
    assert json.loads(out)["fetched"] == [{"name": "good", "file": str(path), "reason": "verified"}]
    assert path.read_bytes() == DATA
    status, out, _ = kitt("verify", "--json")
    assert (status, json.loads(out)) == (0, {"states": {"best": "missing", "good": "verified"}, "good": True})
    path.write_bytes(b"damage")
    status, out, errors = kitt("verify", "--json")
    assert (status, json.loads(out)["good"], len(errors)) == (2, False, 1)
    assert "good is damaged" in errors[0]
    assert "kitt models fetch good" in errors[0]
    assert kitt("verify", "best")[0] == 2


def test_fetch_takes_the_best_that_can_be_had(kitt):
    status, out, _ = kitt("fetch")
    assert status == 0
    assert out.startswith("good: ")
    assert "best could not be fetched" in out


def test_what_cannot_be_had_is_one_line_and_the_rest_is_done(kitt, tmp_path):
    status, _, errors = kitt("fetch", "--all")
    assert (status, len(errors)) == (2, 1)
    assert errors[0].startswith("error: best could not be fetched (mirror: no best.onnx in")
    assert (tmp_path / "cache/models/good/good.onnx").exists()
    status, _, errors = kitt("fetch", "huge")
    assert (status, len(errors)) == (2, 1)
    assert "no model «huge»" in errors[0]
