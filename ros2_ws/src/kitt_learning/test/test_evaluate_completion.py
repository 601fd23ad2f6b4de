"""The figures of completion: the typist, the trigram, and the whole run."""

from __future__ import annotations

import math
import shutil

import numpy as np
import pytest

import tiny_words
from kitt_inference.errors import KittError
from kitt_learning.text import evaluate_completion, presage
from kitt_learning.text.keystrokes import Typist, spans
from kitt_learning.text.kneser_ney import KneserNey
from kitt_text.grammar import default_grammar


def test_words_of_each_language():
    text = "Don't stop, l'homme d'aujourd'hui boit 10 l."
    assert [text[a:b] for a, b in spans(text, "en")] == ["Don't", "stop", "l'homme", "d'aujourd'hui", "boit", "l"]
    assert [text[a:b] for a, b in spans(text, "fr")][2:6] == ["stop", "l'", "homme", "d'"]


def test_a_typist_without_help_saves_nothing():
    typist = Typist(lambda text, count: [], "en")
    typist.type("", "the cat sat.")
    assert (typist.tally.keys, typist.tally.characters) == (12, 12)
    assert typist.tally.figures()["keystroke_savings"] == 0.0


def test_a_typist_pays_one_key_for_what_is_right():
    asked = []

    def knows(text: str, count: int) -> list[str]:
        asked.append(text)
        return ["the cat", "the", "a"] if text == "" else ["the cat sat"] if text.lower() == "the cat " else []

    typist = Typist(knows, "en")
    typist.type("", "The cat sat.")
    # «the cat » and «sat», one key each; the full stop is typed, the space before it went away by itself
    assert asked == ["", "The cat ", "The cat sat"]
    assert typist.tally.keys == 3


def test_a_wrong_or_useless_proposal_is_not_taken():
    typist = Typist(lambda text, count: ["them", text + "e"], "en")
    typist.type("", "the")
    assert typist.tally.keys == 3, "one letter costs what accepting it costs"


def test_the_words_of_a_list_are_told_apart():
    typist = Typist(lambda text, count: [text + "cat sat", text + "cat", text + "dog", text + "mat"], "en")
    typist.recall("the mat", [(4, 7)])
    assert (typist.tally.top1, typist.tally.top3) == (0, 1)


def trigram() -> KneserNey:
    return KneserNey([line for lines in tiny_words.SENTENCES["en"] for line in [lines] * 2], "en", least=1)


def test_the_trigram_is_a_distribution_in_every_context():
    model = trigram()
    for before in ([], ["the"], ["united", "states"], ["never", "seen"], ["i", "need"]):
        shares = model.distribution(before)
        assert shares.sum() == pytest.approx(1.0, abs=1e-6) and (shares >= 0).all()
    assert model.predict(["drink", "of"], "", 2)[0] in ("water", "milk")
    assert model.predict(["the"], "str", 3) == ["street"]
    assert model.predict(["the"], "zzz", 3) == []


def test_the_trigram_agrees_with_the_formula():
    """By hand: counts 2 and 1 after one context, discounts by Chen and Goodman, continuation counts below."""
    model = KneserNey(["a b", "a b", "a c", "b c", "c d", "d d e", "e a b c"], "en", least=1)
    order = model._two
    numbers = [model.number(word) for word in "abcde"]
    assert min(numbers) > 2
    shares = model.distribution(["a"])
    assert shares[numbers[1]] > shares[numbers[2]] > shares[numbers[4]]
    assert np.isfinite(order._weights).all() and (order._left <= 1.0).all()


def test_commands_are_commands():
    drawn = list(evaluate_completion.commands(default_grammar(), "fr", 40, 1))
    assert len(set(drawn)) > 20
    assert all(default_grammar().understand(text, "fr").command for text in drawn)
    assert drawn == list(evaluate_completion.commands(default_grammar(), "fr", 40, 1))


@pytest.fixture
def corpora(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_MODELS", str(tiny_words.write_all(tmp_path / "models")))
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    monkeypatch.setattr(evaluate_completion, "COMMANDS", 5)
    folder = tmp_path / "text"
    folder.mkdir()
    lines = tiny_words.SENTENCES["en"] * 8
    (folder / "en_train.txt").write_text("\n".join(lines))
    (folder / "en_test.txt").write_text("\n".join([lines[0], "", lines[4]]))
    return folder


def test_all_figures_in_one_run(corpora):
    told = []
    found = evaluate_completion.evaluate(None, ["en"], True, lambda *what: told.append(what))["languages"]["en"]
    ours, theirs = found["prose"]["kitt"], found["prose"]["kneser-ney trigram"]
    assert ours["words"] == theirs["words"] == 18
    assert ours["perplexity_words"] == theirs["perplexity_words"] > 10
    for row in (ours, theirs):
        assert 0.0 <= row["top1"] <= row["top3"] <= 1.0
        assert 0.0 < row["keystroke_savings"] < 1.0 and 1.0 <= row["perplexity"] < 1000.0
        assert not math.isnan(row["p95_ms"]) and row["queries"] > 18
    assert "presage" in found["prose"] or "presage" in found["without"]
    assert 0.0 < found["commands"]["kitt, commands only"]["keystroke_savings"] < 1.0
    assert told


def test_presage_counts_as_its_own_program_does(corpora, tmp_path):
    if shutil.which("text2ngram") is None:
        with pytest.raises(KittError, match="apt install presage"):
            presage.train(corpora / "en_train.txt", tmp_path / "words.db")
        pytest.skip("presage is not installed")
    presage.train(corpora / "en_train.txt", tmp_path / "words.db")
    rival = presage.Presage(tmp_path / "words.db", tmp_path, 3, True)
    assert rival.predict("i need a ")[0] == "drink"
    assert "london" in rival.predict("he drives the car to l")


def test_missing_corpora_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KITT_CACHE", str(tmp_path))
    with pytest.raises(KittError, match=r"en_test\.txt is missing"):
        evaluate_completion.evaluate(None, ["en"], False, lambda *_: None)
