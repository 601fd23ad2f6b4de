"""Words, n-grams and tags of the tagger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitt_text.tagging import GRAMS, SHAPES, TAGS, best_tags, features, grams_of, nfc, shape_of, spans, split
from kitt_text.words import MAX_TOKENS, tokens


@pytest.mark.parametrize(
    "text",
    ["Go forward 2.5 m!", "avance de deux mètres cinquante", "¿Dónde está el perro?", "90° left", "-2 meters", "2-3",
     "d'un demi-mètre", "ma sœur", "e\u0301teins"],
)  # fmt: skip
def test_words_are_those_of_the_grammar(text):
    assert [token.plain for token in split(text)] == tokens(text)


def test_places_count_in_the_composed_text():
    text = "va vers l'e\u0301cole « Jean-Moulin »"
    clean = nfc(text)
    assert [clean[t.begin : t.end] for t in split(text)] == [t.text for t in split(text)]
    assert [t.text for t in split(text)][3] == "école"


def test_accents_and_case_change_shapes_only():
    assert grams_of(split("Éteins")[0].plain) == grams_of(split("eteins")[0].plain)
    assert [SHAPES[shape_of(word)] for word in ("go", "Go", "GO", "A", "12")] == [
        "lower", "capital", "upper", "capital", "number",
    ]  # fmt: skip
    assert grams_of("12") == grams_of("98")


@given(st.text(max_size=600))
def test_any_text_has_features(text):
    words = split(text)
    grams, shapes, places = features(words)
    assert len(words) <= MAX_TOKENS
    assert grams.shape == (len(words), GRAMS) and shapes.shape == (len(words),) and places.shape == (len(words), 2)
    assert (grams >= 0).all()


def test_the_best_tags_are_well_formed():
    draw = np.random.default_rng(0)
    for _ in range(50):
        path = best_tags(np.log(draw.dirichlet(np.ones(len(TAGS)) * 0.3, size=12)))
        for before, tag in zip(["O", *(TAGS[t] for t in path)], (TAGS[t] for t in path), strict=False):
            assert not tag.startswith("I-") or before[2:] == tag[2:]
    assert best_tags(np.zeros((0, len(TAGS)))) == []


def test_spans():
    names = ["O", "B-place", "I-place", "B-place", "O", "B-person"]
    assert list(spans([TAGS.index(name) for name in names])) == [("place", 1, 3), ("place", 3, 4), ("person", 5, 6)]
