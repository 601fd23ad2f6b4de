"""espeak-ng's writing becomes our phones; the figures of letters to phones are reckoned right."""

from __future__ import annotations

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_learning import g2p
from kitt_learning.lexicon_phones import convert, variants


@pytest.mark.parametrize(
    ("ipa", "language", "said"),
    [
        ("l_ˈɛ_ɾ_ɚ", "en", "l ɛ ɾ ɚ"),
        ("h_ə_l_ˈo\u200dʊ", "en", "h ə l oʊ"),
        ("s_ˈɜː_ʔ_n̩", "en", "s ɚ t ə n"),
        ("s_t_ˈɒ_p", "en", "s t ɑ p"),
        ("f_ˈɔːɹ", "en", "f ɔ ɹ"),
        ("_y_ˈi_t", "fr", "ɥ i t"),
        ("k_ʁ_y_ˈɛ_l", "fr", "k ʁ y ɛ l"),
        ("b_ʁ_ˈœ̃", "fr", "b ʁ ɛ̃"),
        ("(en)_ʃ_ˈəʊ_(fr)", "fr", "ʃ o"),
        ("a_β_ˈa_x_o", "es", "a b a x o"),
        ("ʎ_ˈa_β_e", "es", "ʝ a b e"),
        ("b_o_t_ˈe_j_j_a", "es", "b o t e ʝ a"),
        ("θ_ˈi_n_k_o", "es", "θ i ŋ k o"),
    ],
)
def test_phones_of_espeak(ipa, language, said):
    assert " ".join(convert(ipa, language)) == said


@pytest.mark.parametrize("ipa", ["", "ʘ", "a_ǃ"])
def test_unknown_signs_are_named(ipa):
    with pytest.raises(KittError):
        convert(ipa, "en")


def test_variants():
    assert variants("quatre", ("k", "a", "t", "ʁ"), "fr") == [("k", "a", "t", "ʁ", "ə"), ("k", "a", "t")]
    assert variants("recule", ("ʁ", "ə", "k", "y", "l"), "fr") == [("ʁ", "k", "y", "l")]
    assert variants("velocidad", ("d", "a", "d", "a", "d"), "es") == [("d", "a", "d", "a")]
    assert variants("red", ("ɹ", "ɛ", "d"), "en") == []


def test_figures():
    assert g2p.distance([1, 2, 3], [1, 3]) == 1
    assert g2p.distance([], [1, 3]) == 2
    assert g2p.distance([1, 2], [2, 1]) == 2
    assert g2p.best_path(np.eye(3)[[0, 1, 1, 0, 1, 2, 2]]) == [1, 1, 2]
    assert g2p.held_out("éléphant") == g2p.held_out("elephant")


def test_the_held_out_words_are_never_trained_on():
    train, test = g2p.items()
    assert 0.03 < len(test) / (len(train) + len(test)) < 0.07
    spelt = {(language, tuple(letters)) for language, letters, _ in train}
    assert not any((language, tuple(letters)) in spelt for language, letters, _ in test)
