"""The cards that ship: complete, and true of their files."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from kitt_inference import zoo
from kitt_inference.detection import ObjectDetector
from kitt_inference.errors import KittError
from kitt_inference.session import open_session

NAMES = ["picodet_s_416", "yolox_nano_416", "nanodet_g_416"]


def test_all_are_there_the_best_first(monkeypatch):
    monkeypatch.delenv("KITT_MODELS", raising=False)
    assert [card.name for card in zoo.cards()] == NAMES


def test_an_installed_workspace_has_them_too(monkeypatch, tmp_path):
    package, given = Path(__file__).parents[1], {}
    monkeypatch.chdir(package)
    monkeypatch.setattr("setuptools.setup", lambda **fields: given.update(fields))
    runpy.run_path("setup.py")
    for folder, files in given["data_files"]:
        for file in files:
            target = tmp_path / folder / Path(file).name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(Path(file).read_bytes())
    models = package.parents[2] / "models"
    wanted = {
        path.relative_to(models)
        for path in models.rglob("*")
        if path.suffix in (".md", ".txt", ".onnx", ".jpg", ".json", ".model")
    }
    share = tmp_path / "share/kitt_inference/models"
    assert {path.relative_to(share) for path in share.rglob("*.*")} == wanted
    monkeypatch.delenv("KITT_MODELS", raising=False)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path / 'other'}:{tmp_path}")
    monkeypatch.setattr(zoo, "__file__", str(tmp_path / "lib/python3/site-packages/kitt_inference/zoo.py"))
    assert zoo.models_dir() == share
    assert [card.name for card in zoo.cards()] == NAMES


def test_what_detects_nothing_is_no_detector():
    everything = {card.name: card for card in zoo.cards(None)}
    assert set(NAMES) < set(everything)
    vad = everything["silero_vad"]
    assert (vad.task, vad.licence, len(vad.sha256), vad.sources[0].kind) == ("vad", "MIT", 64, "pypi")
    assert [card.name for card in zoo.cards("vad")] == ["silero_vad"]
    for model in ("silero_vad", str(vad.path)):
        with pytest.raises(KittError):
            zoo.resolve(model)
    with pytest.raises(KittError, match="is no detector") as caught:
        zoo.resolve("silero_vad")
    assert NAMES[0] in caught.value.remedy


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_complete(name):
    card = zoo.find(name)
    assert card.licence == "Apache-2.0"
    assert len(card.sha256) == 64
    assert card.size > 1e6
    assert card.sources
    assert len(card.labels) == 80
    assert (card.labels[0], card.labels[11], card.labels[79]) == ("person", "stop sign", "toothbrush")
    for figures in card.measured:
        assert {"annotations", "images", "ap", "ap50"} <= set(figures)
    assert card.measured


@pytest.mark.parametrize("name", NAMES)
def test_a_card_fits_its_file(mirrored, name):
    card = zoo.find(name)
    if zoo.verify(card) != "verified" and not (mirrored / "models" / card.file).exists():
        pytest.skip(f"{name} is neither in the cache nor in the mirror")
    try:
        file = zoo.fetch(card)
    except KittError as error:
        pytest.skip(error.message)
    assert file.stat().st_size == card.size
    ObjectDetector(card, open_session(file))
