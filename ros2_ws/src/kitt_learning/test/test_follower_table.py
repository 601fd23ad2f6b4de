"""The table of followers is built from text, pruned against a network, and kept within its size."""

from __future__ import annotations

from pathlib import Path

import pytest

import tiny_words
from kitt_learning.text import follower_table
from kitt_text.followers import Followers
from kitt_text.language_model import LanguageModel


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LanguageModel:
    monkeypatch.setenv("KITT_MODELS", str(tiny_words.write_all(tmp_path / "models")))
    return LanguageModel.open("en")


def test_it_keeps_what_the_network_does_not_know(model: LanguageModel, tmp_path: Path) -> None:
    lines = [line for line in tiny_words.SENTENCES["en"] for _ in range(3)]
    lines += ["She eats a slice of bread.", "He wants a slice of cheese, please."] * 20 + ["A slice of 12."] * 9
    count = follower_table.build(lines, model, tmp_path / "followers.npz")
    table = Followers.read(tmp_path / "followers.npz")
    assert len(table) == count > 0
    found = table.after(["a", "slice", "of"], "")
    assert set(found.words) == {"bread", "cheese"} and 0.7 < found.known <= 1.0
    assert table.after([], "s").words.keys() >= {"she"}


def test_it_is_as_small_as_it_must(model: LanguageModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syllables = [first + second for first in "bdfglmnprst" for second in "aeiou"]
    lines = [f"{a} {b}{a} {b} {a}{b}" for a in syllables for b in syllables]
    path = tmp_path / "followers.npz"
    whole = follower_table.build(lines, model, path)
    limit = path.stat().st_size // 2
    monkeypatch.setattr(follower_table, "WHOLE", model.path.stat().st_size + limit)
    assert 0 < follower_table.build(lines, model, path) < whole
    assert path.stat().st_size <= limit and len(Followers.read(path)) > 0
