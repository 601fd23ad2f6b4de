"""The language model's runtime: pieces, states, ratings, and what is said of faulty files."""

from __future__ import annotations

import numpy as np
import pytest

import tiny_words
from kitt_inference.errors import KittError
from kitt_text.language_model import LanguageModel
from kitt_text.pieces import END, Pieces, continues, fold


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_words.write(tmp_path_factory.mktemp("lm") / "kitt_lm_en", "en")


@pytest.fixture(scope="module")
def model(folder):
    return LanguageModel.open(str(folder))


def test_text_becomes_pieces_and_sentences_end(model):
    assert model.tokens("He Drives") == model.tokens("he drives")
    assert model.tokens("Stop. I need").count(END) == 1
    assert model.tokens("Stop. ")[-1] == END
    assert END not in model.tokens("Mr. Smith and J. R. Ewing need a drink.")
    assert model.tokens("don’t") == model.tokens("don't")


def test_states_are_carried_and_kept(model):
    tokens = model.tokens("i need a drink")
    state, total = model.after(tokens)
    assert state.h[0, 0, 0] == len(tokens) + 1, "one step a piece, and one for the beginning"
    by_hand, expected = model.after([])[0], 0.0
    for token in tokens:
        expected += float(by_hand.log_probs[0, token])
        by_hand = model.step([token], by_hand)
    assert total == pytest.approx(expected, abs=1e-4)
    longer, _ = model.after(model.tokens("i need a drink of"))
    assert longer.h[0, 0, 0] > state.h[0, 0, 0]


def test_score_is_the_probability_of_the_word_and_what_follows(model):
    words = ["drink", "drive", "mat"]
    scores = model.score("I need a ", words, " of water")
    assert scores.shape == (3,) and scores.dtype == np.float32
    assert scores.argmax() == 0
    assert model.score("I need a", words, "of water") == pytest.approx(scores), "a missing space changes nothing"
    one_by_one = [float(model.score("I need a ", [word], " of water")[0]) for word in words]
    assert scores == pytest.approx(one_by_one, abs=1e-4), "padding changes nothing"
    whole = model.tokens("i need a drink of water")
    left = model.tokens("i need a")
    assert scores[0] == pytest.approx(model.after(whole)[1] - model.after(left)[1], abs=1e-3)


def test_score_counts_a_whole_word_where_nothing_follows(model):
    whole, begun = model.score("the united ", ["states", "state"], "")
    assert whole > begun


def test_score_takes_anything(model):
    assert model.score("", [], "").shape == (0,)
    strange = ["\udcff", "", "x" * 10_000, "😀", "\x00", "Москва", "drink"]
    scores = model.score("y" * 100_000, strange, "z" * 100_000)
    assert np.isfinite(scores).all()


def test_accents_may_be_left_out_but_not_be_wrong():
    assert fold("départ") == "depart" and len(fold("œuf")) == len("œuf")
    assert continues("dep", "départ") and continues("dép", "départ")
    assert not continues("dèp", "départ") and not continues("dép", "depart") and not continues("departs", "départ")


def test_faults_are_named(folder, tmp_path):
    with pytest.raises(KittError, match="no language «de»"):
        LanguageModel.open("de")
    with pytest.raises(KittError, match="there is no language model"):
        LanguageModel.open(str(tmp_path / "nowhere"))
    copy = tmp_path / "kitt_lm_en"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    LanguageModel.open(str(copy))
    pieces = (copy / "pieces.model").read_bytes()
    (copy / "pieces.model").write_bytes(pieces[:50])
    with pytest.raises(KittError, match=r"pieces\.model is no sentencepiece model"):
        LanguageModel.open(str(copy))
    (copy / "pieces.model").unlink()
    with pytest.raises(KittError, match=r"pieces\.model is missing"):
        LanguageModel.open(str(copy))
    (copy / "pieces.model").write_bytes(pieces)
    network = (copy / "kitt_lm_en_int8.onnx").read_bytes()
    (copy / "kitt_lm_en_int8.onnx").write_bytes(network[:-1])
    with pytest.raises(KittError, match="damaged: sha256"):
        LanguageModel.open(str(copy))


def test_a_network_of_other_sizes_or_with_nan_is_refused(tmp_path):
    folder = tiny_words.write(tmp_path / "kitt_lm_en", "en")
    network = folder / "kitt_lm_en_int8.onnx"
    card = folder / "card.md"
    card.write_text("---\nname: kitt_lm_en\ntask: text\nfile: kitt_lm_en_int8.onnx\n---\n")
    network.write_bytes(tiny_words.network(np.zeros((7, 7), np.float32)).SerializeToString())
    with pytest.raises(KittError, match="knows 7 pieces"):
        LanguageModel.open(str(folder))
    size = len(Pieces(folder / "pieces.model"))
    network.write_bytes(tiny_words.network(np.full((size, size), np.nan, np.float32)).SerializeToString())
    with pytest.raises(KittError, match="not finite"):
        LanguageModel.open(str(folder))
    card.write_text("---\nname: kitt_lm_en\ntask: speech\n---\n")
    with pytest.raises(KittError, match="no card of a language model"):
        LanguageModel.open(str(folder))
