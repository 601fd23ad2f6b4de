"""Finding an acoustic model by its card."""

from __future__ import annotations

import hashlib

import pytest

from kitt_inference import zoo
from kitt_inference.errors import KittError
from kitt_voice import models


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "labels").mkdir()
    ears = tmp_path / "kitt_ears"
    ears.mkdir()
    (ears / "kitt_ears.onnx").write_bytes(b"network")
    digest = hashlib.sha256(b"network").hexdigest()
    (ears / "card.md").write_text(f"---\nname: kitt_ears\ntask: speech\nsha256: {digest}\n---\n# Ears\n")
    monkeypatch.setenv("KITT_MODELS", str(tmp_path))
    return ears


def test_the_shipped_one_by_name_card_folder_or_file(folder):
    for name in ("auto", "kitt_ears", str(folder), str(folder / "card.md"), str(folder / "kitt_ears.onnx")):
        found = models.find(name)
        assert (found.name, found.file) == ("kitt_ears", folder / "kitt_ears.onnx")
        assert found.sha256 == hashlib.sha256(b"network").hexdigest()


def test_a_detector_list_leaves_the_ears_out(folder):
    assert zoo.cards() == []


@pytest.mark.parametrize("name", ["mouth", "/nowhere/card.md", "/nowhere/ears.onnx"])
def test_a_missing_model_is_named(folder, name):
    with pytest.raises(KittError, match="there is no acoustic model"):
        models.find(name)


def test_damage_and_absence_are_named(folder):
    with pytest.raises(KittError, match=r"_int8\.onnx is missing"):
        models.find(int8=True)
    (folder / "kitt_ears.onnx").write_bytes(b"other")
    with pytest.raises(KittError, match="damaged"):
        models.find()
    (folder / "card.md").write_text("---\nname: kitt_ears\ntask: detection\n---\n")
    with pytest.raises(KittError, match="no card of an acoustic model"):
        models.find()


def test_the_verifier_lies_beside_and_is_checked(folder):
    assert models.verifier_of(models.find()) is None
    (folder / "kitt_ears_verifier.onnx").write_bytes(b"second")
    assert models.verifier_of(models.find()) == folder / "kitt_ears_verifier.onnx"
    digest = hashlib.sha256(b"second").hexdigest()
    card = folder / "card.md"
    card.write_text(card.read_text().replace("# Ears", "").replace("---\n\n", f"sha256_verifier: {digest}\n---\n"))
    assert models.verifier_of(models.find()) == folder / "kitt_ears_verifier.onnx"
    (folder / "kitt_ears_verifier.onnx").write_bytes(b"another")
    with pytest.raises(KittError, match="damaged"):
        models.verifier_of(models.find())
    (folder / "kitt_ears_verifier.onnx").unlink()
    with pytest.raises(KittError, match="missing"):
        models.verifier_of(models.find())
