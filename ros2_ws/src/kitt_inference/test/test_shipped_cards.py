"""The cards that ship: complete, and true of their files."""

from __future__ import annotations

import pytest

from kitt_inference import zoo
from kitt_inference.detection import ObjectDetector
from kitt_inference.errors import KittError
from kitt_inference.session import open_session

NAMES = ["picodet_s_416", "yolox_nano_416", "nanodet_g_416"]


def test_all_are_there_the_best_first(monkeypatch):
    monkeypatch.delenv("KITT_MODELS", raising=False)
    assert [card.name for card in zoo.cards()] == NAMES


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
