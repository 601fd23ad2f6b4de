"""kitt engine and kitt export: what they print and refuse, on a machine without a GPU."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kitt_cli.verbs import engine, export
from kitt_inference.engines.cache import EngineCache
from kitt_inference.engines.key import EngineKey
from kitt_inference.errors import KittError

DATA = Path(os.environ.get("KITT_DATA") or Path(__file__).resolve().parents[5] / "shared" / "data")
ABOUT = {"model": "m", "reference_sha256": "r" * 64, "report": {"recall": 1.0}, "speed": {"engine_ms": 2.0}}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(engine, "_machine", lambda: ({"gpu": "Orin"}, "gpu Orin"))
    return EngineCache()


def key(gpu: str) -> EngineKey:
    return EngineKey("a" * 64, "tensorrt", "10.16.0", gpu, "8.7", "fp16")


def run(app, *arguments):
    return CliRunner().invoke(app, list(arguments))


def test_list_check_and_clean(cache):
    good, other = cache.store(key("Orin"), b"good", ABOUT), cache.store(key("Thor"), b"other", ABOUT)
    (cache.folder / "left.engine.9.new").write_bytes(b"half")
    rows = json.loads(run(engine.app, "list", "--json").stdout)["engines"]
    assert {row["gpu"] for row in rows} == {"Orin 8.7", "Thor 8.7"}
    assert "fp16" in run(engine.app, "list").stdout
    checked = run(engine.app, "check", "--json")
    assert "made for gpu Thor" in str(checked.exception)
    assert json.loads(checked.stdout)["good"] is False
    cache.plan_file(good.digest).write_bytes(b"goo")
    assert "truncated" in run(engine.app, "check").stdout
    cache.plan_file(good.digest).write_bytes(b"good")
    cleaned = json.loads(run(engine.app, "clean", "--json").stdout)
    assert cleaned["engines"] == [other.digest]
    assert [Path(name).name for name in cleaned["files"]] == ["left.engine.9.new"]
    assert run(engine.app, "check").exit_code == 0
    assert "1 engines" in run(engine.app, "clean", "--all").stdout
    assert list(cache.folder.iterdir()) == []
    assert run(engine.app, "list").exit_code == 0


RECORD = {
    "digest": "d", "model": "m", "reference_sha256": "r", "key": key("Orin").as_json(), "sha256": "s", "size": 4,
    "report": {}, "speed": {}, "refused": "",
}  # fmt: skip


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"\xff\xfe", b"[" * 100_000, b"[]", b'{"digest": 3}',
        *(json.dumps({**RECORD, **part}).encode() for part in (
            {"key": {"precision": "fp16"}}, {"key": []}, {"report": None}, {"speed": {"engine_ms": "fast"}},
            {"size": "4"}, {"model": None}, {"refused": 1}, {"digest": "other"}, {"more": 1},
        )),
    ],
)  # fmt: skip
def test_damaged_records_are_strangers_and_no_tracebacks(cache, damage):
    cache.folder.mkdir(parents=True)
    (cache.folder / "d.json").write_bytes(json.dumps(RECORD).encode())
    assert [entry.model for entry in cache.entries()] == ["m"]
    (cache.folder / "d.json").write_bytes(damage)
    assert run(engine.app, "list").exit_code == 0
    checked = run(engine.app, "check")
    assert checked.exit_code == 0
    assert "belongs to no engine" in checked.stdout
    assert "1 other files removed" in run(engine.app, "clean").stdout


@pytest.mark.parametrize(
    ("app", "arguments", "words"),
    [
        (engine.app, ["build", "--precision", "fp8"], "--precision is fp8"),
        (engine.app, ["build", "--precision", ","], "--precision is ,"),
        (engine.app, ["build", "--annotations", "a.json"], "--annotations needs the photographs"),
        (engine.app, ["build", "--frames", "nowhere"], "no folder at nowhere"),
        (engine.app, ["build", "no_such_model"], "no_such_model"),
        (export.app, ["detector", "--precision", "int4"], "--precision is int4"),
        (export.app, ["detector"], "in fp32 the model is here already"),
        (export.app, ["detector", "--precision", "int8"], "int8 is calibrated on photographs"),
        (export.app, ["detector", "--precision", "int8", "--images", "nowhere"], "no folder at nowhere"),
        (export.app, ["detector", "--precision", "fp16", "--runtime", "abacus"], "--runtime is abacus"),
    ],
)
def test_wrong_options_are_refused(cache, app, arguments, words):
    result = run(app, *arguments)
    assert isinstance(result.exception, KittError)
    assert words in str(result.exception)
    assert result.exception.remedy


@pytest.mark.skipif(not (DATA / "models").is_dir(), reason="no models: set KITT_DATA to the folder of shared data")
def test_without_a_gpu_build_ends_in_one_line(cache, monkeypatch):
    from kitt_inference.engines import cuda

    if not cuda.missing():
        pytest.skip("there is a GPU")
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(DATA / "models"))
    result = run(engine.app, "build", "picodet_s_416", "--json")
    assert isinstance(result.exception, KittError)
    assert "\n" not in str(result.exception)
    assert json.loads(result.stdout)["engines"] == []


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "models").is_dir(), reason="no models: set KITT_DATA to the folder of shared data")
def test_exports_lie_where_they_were_wanted(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(DATA / "models"))
    result = run(
        export.app, "detector", "--precision", "fp16", "--model", "yolox_nano_416", "--out", str(tmp_path), "--json"
    )
    said = json.loads(result.stdout)
    assert Path(said["file"]) == tmp_path / "yolox_nano_416_fp16.onnx"
    assert Path(said["file"]).stat().st_size < 0.6 * (DATA / "models" / "yolox_nano_416.onnx").stat().st_size
    (tmp_path / "few").mkdir()
    photographs = sorted((DATA / "photo" / "images").glob("*.jpg"))[:3]
    for photograph in photographs:
        (tmp_path / "few" / photograph.name).symlink_to(photograph)
    few = ["--precision", "int8", "--model", "yolox_nano_416", "--images", str(tmp_path / "few")]
    assert "3 frames are too few" in str(run(export.app, "detector", *few).exception)


@pytest.mark.parametrize("times", [1.2, 1.6])
def test_int8_for_the_cpu_must_be_worth_it(cache, monkeypatch, tmp_path, times):
    from kitt_inference import precision, zoo
    from kitt_inference.engines import make

    card = zoo.find("picodet_s_416")
    (tmp_path / "m.onnx").write_bytes(b"network")
    made = precision.Export(tmp_path / "picodet_s_416_int8_cpu.onnx", "int8_cpu", "r" * 64, "16 frames")
    made.file.write_bytes(b"smaller network")
    monkeypatch.setattr(zoo, "resolve", lambda *_: zoo.Resolved(card, tmp_path / "m.onnx", ""))
    monkeypatch.setattr(precision, "export_int8", lambda *_, **__: made)
    monkeypatch.setattr("kitt_inference.session.open_session", lambda *_: type("S", (), {"close": lambda _: None})())
    monkeypatch.setattr(make, "measure", lambda *_: {"engine_ms": 10.0, "reference_ms": 10.0 * times})
    (tmp_path / "a.png").write_bytes(b"")
    result = run(
        export.app, "detector", "--precision", "int8", "--runtime", "onnxruntime", "--images", str(tmp_path), "--json"
    )
    assert made.file.with_suffix(".md").exists() is (times > 1.5)
    if times > 1.5:
        assert json.loads(result.stdout)["times_as_fast"] == times
    else:
        assert "is 1.20 times as fast as float32 on one thread here, at least 1.5 is wanted" in str(result.exception)
