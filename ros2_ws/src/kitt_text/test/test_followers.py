"""The table of followers: what it says, what the mixture with a network makes of it, and damaged files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tiny_words
from kitt_inference.errors import KittError
from kitt_text.followers import LEVELS, Followers, tokens
from kitt_text.language_model import LanguageModel
from kitt_text.prose import ProseCompletion

WORDS = ["", "<s>", "drink", "of", "water", "wine", "l'", "eau", "the"]
ROWS = {("", "of"): {"water": 0.1}, ("<s>", "<s>"): {"the": 0.5}, ("drink", "of"): {"water": 0.6, "wine": 0.2},
        ("", "l'"): {"eau": 0.5}}  # fmt: skip


def arrays() -> dict[str, np.ndarray]:
    number = {word: at for at, word in enumerate(WORDS)}
    rows = sorted(((number[a], number[b]), found) for (a, b), found in ROWS.items())
    pairs = [(number[word], share) for _, found in rows for word, share in found.items()]
    followers = np.array([word for word, _ in pairs])
    return {
        "words": np.frombuffer("\n".join(WORDS).encode(), np.uint8),
        "first": np.array([key[0] for key, _ in rows], np.uint16),
        "second": np.array([key[1] for key, _ in rows], np.uint16),
        "sizes": np.array([len(found) for _, found in rows], np.uint16),
        "follower_low": (followers & 255).astype(np.uint8),
        "follower_high": (followers >> 8).astype(np.uint8),
        "level": np.array([round(-np.log(share) * LEVELS) for _, share in pairs], np.uint8),
    }


def test_two_words_of_context_count_more_than_one():
    table = Followers(arrays())
    found = table.after(["a", "drink", "of"], "")
    assert found.words == pytest.approx({"water": 0.6, "wine": 0.2}, rel=0.03)
    assert (found.fitting, found.known) == pytest.approx((0.8, 0.8), rel=0.03)
    assert table.after(["cup", "of"], "").words == pytest.approx({"water": 0.1}, rel=0.03)
    assert table.after([], "").words == pytest.approx({"the": 0.5}, rel=0.03)
    assert table.after(["drink", "nonsense"], "").words == {}


def test_letters_that_were_typed_bind_it():
    found = Followers(arrays()).after(["drink", "of"], "wi")
    assert list(found.words) == ["wine"] and (found.fitting, found.known) == pytest.approx((0.2, 0.8), rel=0.03)


def test_tokens_of_languages():
    assert tokens("Don't, L’eau", "en") == ["don't", ",", "l'eau"]
    assert tokens("L’eau est 3 fois", "fr") == ["l'", "eau", "est", "3", "fois"]


@pytest.fixture
def prose(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_MODELS", str(tiny_words.write_all(tmp_path / "models")))

    def make(language: str, table: Followers | None) -> ProseCompletion:
        model = LanguageModel.open(language)
        model.followers = table
        return ProseCompletion(model, None)

    return make


def probabilities(prose: ProseCompletion, text: str) -> dict[str, float]:
    return {item.text: item.probability for item in prose.complete(text, 6)[0] if item.text.count(" ") < 7}


def test_the_mixture_proposes_what_the_network_does_not_know(prose):
    text = "I need a drink of "
    alone, both = probabilities(prose("en", None), text), probabilities(prose("en", Followers(arrays())), text)
    wine = f"{text}wine"
    assert both[wine] > alone.get(wine, 0.0) + 0.05
    assert sum(both.values()) <= 1.0 + 1e-6
    typed = probabilities(prose("en", Followers(arrays())), text + "wi")
    assert typed[wine] > 0.9


def test_behind_an_elision_too(prose):
    found = probabilities(prose("fr", Followers(arrays())), "je bois de l'e")
    assert max(found, key=found.__getitem__) == "je bois de l'eau"


def test_a_damaged_file_is_told(tmp_path: Path):
    file = tmp_path / "followers.npz"
    for content in (b"", b"PK rubbish", b"\x93NUMPY"):
        file.write_bytes(content)
        with pytest.raises(KittError, match="no table of words"):
            Followers.read(file)
    for change in ({"level": np.zeros(1, np.uint8)}, {"follower_high": np.full(5, 9, np.uint8)}):
        with file.open("wb") as out:
            np.savez_compressed(out, **(arrays() | change))
        with pytest.raises(KittError, match="no table of words"):
            Followers.read(file)
    with pytest.raises(KittError, match="no table of words"):
        Followers.read(tmp_path / "missing.npz")
