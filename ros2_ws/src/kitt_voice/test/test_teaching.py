"""Which phrases sound alike."""

from __future__ import annotations

import pytest

from kitt_text.grammar import default_grammar
from kitt_voice.scoring import pronunciations
from kitt_voice.teaching import edit_distance, nearest


@pytest.mark.parametrize(("one", "other", "edits"), [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "abc", 0)])
def test_edit_distance(one, other, edits):
    assert edit_distance(one, other) == edit_distance(other, one) == edits


@pytest.mark.parametrize(
    ("phrase", "expected", "collides"), [("turn lift", "turn left", True), ("open the garage", "", False)]
)
def test_the_nearest_phrase(phrase, expected, collides):
    grammar = default_grammar()
    lexicon = grammar.lexicon("en")
    first, second, _ = nearest(phrase, pronunciations(phrase, lexicon), grammar, "en", lexicon)
    assert first.collides is collides
    assert first.distance <= second.distance
    assert not expected or first.phrase == expected


def test_a_phrase_is_not_its_own_neighbour():
    grammar = default_grammar()
    lexicon = grammar.lexicon("en")
    found = nearest("turn left", pronunciations("turn left", lexicon), grammar, "en", lexicon)
    assert "turn left" not in [neighbour.phrase for neighbour in found]
