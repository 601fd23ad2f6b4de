"""Words are said with phones of the inventory, in the right language, in the ways in which people say them."""

from __future__ import annotations

import pytest

from kitt_inference.errors import KittError
from kitt_text import numbers
from kitt_text.grammar import default_grammar
from kitt_text.lexicon import LANGUAGES, Lexicon, check_phones
from kitt_text.phones import BLANK, INDEX, PHONES


def test_the_inventory():
    assert PHONES[BLANK] == "<blank>"
    assert len(PHONES) == len(set(PHONES)) == len(INDEX)
    assert 55 <= len(PHONES) <= 62


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_grammar_has_a_pronunciation(language):
    lexicon, data = Lexicon.load(language), default_grammar().data.languages[language]
    words = {w for phrase in [*data.phrases, *data.objects, *data.fillers] for w in phrase if w.isalpha()}
    words |= set(numbers.VALUES[language]) | set(data.said_stops) | set(data.said_units)
    assert len(words) > 300
    for word in words:
        assert word in lexicon, word
        said = lexicon.pronounce(word)
        assert said and len(set(said)) == len(said)
        assert all(check_phones(phones, word) for phones in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_entries_are_of_the_inventory(language):
    lexicon = Lexicon.load(language)
    assert len(lexicon._entries) > 20_000
    assert all(phone in INDEX for word in lexicon._entries for said in lexicon.pronounce(word) for phone in said)


@pytest.mark.parametrize(
    ("language", "word", "said"),
    [
        ("en", "stop", "s t ɑ p"),
        ("en", "three", "θ ɹ i"),
        ("en", "KITT", "k ɪ t"),
        ("en", "the", "ð ə"),
        ("en", "left", "l ɛ f t"),
        ("fr", "arrete", "a ʁ ɛ t"),
        ("fr", "arrête", "a ʁ ɛ t"),
        ("fr", "huit", "ɥ i t"),
        ("fr", "vas", "v a"),
        ("fr", "droite", "d ʁ w a t"),
        ("fr", "l", "l"),
        ("fr", "accelere", "a k s e l ɛ ʁ"),
        ("es", "izquierda", "i s k j e ɾ d a"),
        ("es", "sigueme", "s i ɡ e m e"),
        ("es", "nino", "n i ɲ o"),
        ("es", "cinco", "s i ŋ k o"),
    ],
)
def test_first_pronunciations(language, word, said):
    assert " ".join(Lexicon.load(language).pronounce(word)[0]) == said


@pytest.mark.parametrize(
    ("language", "word", "said"),
    [
        ("en", "a", "eɪ"),
        ("en", "letter", "l ɛ t ə"),
        ("fr", "vas", "v a z"),
        ("fr", "les", "l e z"),
        ("fr", "quatre", "k a t"),
        ("fr", "recule", "ʁ k y l"),
        ("es", "cinco", "θ i ŋ k o"),
    ],
)
def test_variants(language, word, said):
    assert said in [" ".join(phones) for phones in Lexicon.load(language).pronounce(word)[1:]]


@pytest.mark.parametrize("word", ["", "12", "?", "2,5"])
def test_what_is_no_word(word):
    with pytest.raises(KittError):
        Lexicon.load("en").pronounce(word)


def test_no_lexicon_for_other_languages():
    with pytest.raises(KittError, match="de"):
        Lexicon.load("de")


def test_check_phones():
    assert check_phones(("s", "t"), "x") == ("s", "t")
    for wrong in ((), ("q",), ("<blank>",)):
        with pytest.raises(KittError):
            check_phones(wrong, "x")
