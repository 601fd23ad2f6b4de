"""A user's file is merged over the grammar; what is wrong in it is named with a remedy."""

from __future__ import annotations

import pytest
import yaml

from kitt_inference.errors import KittError
from kitt_text.grammar import Grammar, default_grammar, own_grammar
from kitt_text.loading import read
from kitt_text.own_words import remember, user_file
from kitt_text.wordgraph import word_graph

OWN = {
    "commands": {
        "open_garage": {"en": ["open the garage", "garage (open|up)"], "fr": ["ouvre le garage"]},
        "forward": {"en": ["giddy up [{distance}]"]},
    },
    "say": {"open the garage": ["oʊ p ə n ð ə ɡ ə ɹ ɑ ʒ"], "KITT": ["k i t"]},
}


def write(tmp_path, content) -> str:
    path = tmp_path / "grammar.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return str(path)


def test_own_phrases_are_understood_and_listened_for(tmp_path):
    grammar = Grammar.load(user=write(tmp_path, OWN))
    assert grammar.own_commands == {"open_garage"}
    assert set(grammar.commands) == set(default_grammar().commands) | {"open_garage"}
    for text, command, language in [
        ("open the garage", "open_garage", "en"), ("please open the garage", "open_garage", "en"),
        ("ouvre le garage", "open_garage", "fr"), ("giddy up two meters", "forward", "en"), ("go", "go", "en"),
    ]:  # fmt: skip
        assert grammar.understand(text).command == command
        assert word_graph(grammar, language).accepts(text.split())
    assert not word_graph(grammar, "es").accepts(["open", "the", "garage"])
    assert word_graph(grammar, "en").accepts(["open the garage"])  # as one word, for its own pronunciation
    assert default_grammar().understand("open the garage").command == ""


def test_own_pronunciations_come_first(tmp_path):
    grammar = Grammar.load(user=write(tmp_path, OWN))
    lexicon = grammar.lexicon("en")
    assert lexicon.pronounce("open the garage") == (("oʊ", "p", "ə", "n", "ð", "ə", "ɡ", "ə", "ɹ", "ɑ", "ʒ"),)
    assert lexicon.pronounce("kitt") == (("k", "i", "t"), ("k", "ɪ", "t"))
    assert default_grammar().lexicon("en").pronounce("kitt") == (("k", "ɪ", "t"),)


def test_accents_count_for_the_sound_though_not_for_the_words(tmp_path):
    own = {"commands": {"bird": {"es": ["llama al ñandú"]}, "law": {"fr": ["avoue ton péché"]}}}
    grammar = Grammar.load(user=write(tmp_path, own))
    assert grammar.understand("llama al nandu").command == "bird"
    assert grammar.lexicon("es").pronounce("nandu")[0] == ("ɲ", "a", "n", "d", "u")
    assert grammar.lexicon("fr").pronounce("peche")[0] == ("p", "e", "ʃ", "e")
    assert default_grammar().lexicon("fr").pronounce("peche")[0] == ("p", "ɛ", "ʃ")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("- a", "mapping"),
        ({"comands": {}}, "comands"),
        ({"commands": ["x"]}, "commands"),
        ({"commands": {"Open": {"en": ["x"]}}}, "Open"),
        ("commands: {yes: {en: [x]}}", "quote"),
        ({"commands": {"x": {}}}, "phrases"),
        ({"commands": {"x": {"de": ["auf"]}}}, "de"),
        ({"commands": {"x": {"en": "open"}}}, "list"),
        ({"commands": {"x": {"en": ["(open"]}}}, "closed"),
        ({"commands": {"x": {"en": ["turn left"]}}}, "left"),
        ({"commands": {"x": {"en": ["stop the music"]}}}, "stop"),
        ({"commands": {"x": {"en": ["stop"]}}}, "stop"),
        ({"commands": {"x": {"en": ["open door 2"]}}}, "numbers"),
        ({"commands": {"x": {"en": ["!?"]}}}, "empty"),
        ({"say": {"open sesame": ["oʊ"]}}, "open sesame"),
        ({"say": {"kitt": "k i t"}}, "list"),
        ({"say": {"kitt": ["k q t"]}}, "q"),
        ({"say": {"kitt": [""]}}, "phone"),
        ("commands: [", "YAML"),
    ],
)
def test_faults_are_named(tmp_path, content, word):
    with pytest.raises(KittError) as caught:
        Grammar.load(user=write(tmp_path, content))
    assert word in caught.value.message + caught.value.remedy
    assert caught.value.remedy


def test_the_usual_place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert own_grammar().own_commands == frozenset()
    user_file().parent.mkdir()
    user_file().write_text(yaml.safe_dump(OWN))
    assert own_grammar().own_commands == {"open_garage"}
    assert own_grammar(write(tmp_path, "{}")).own_commands == frozenset()
    with pytest.raises(KittError, match="missing"):
        own_grammar(str(tmp_path / "missing.yaml"))


def test_remember_adds_and_keeps(tmp_path):
    path, packaged = tmp_path / "deep" / "grammar.yaml", read(None)
    said = ("oʊ", "p", "ə", "n")
    remember(path, "open_garage", "en", "open up", [said], packaged)
    remember(path, "open_garage", "en", "open up", [said, ("oʊ", "p", "m")], packaged)
    remember(path, "open_garage", "fr", "ouvre toi", [], packaged)
    assert yaml.safe_load(path.read_text()) == {
        "commands": {"open_garage": {"en": ["open up"], "fr": ["ouvre toi"]}},
        "say": {"open up": ["oʊ p ə n", "oʊ p m"]},
    }
    before = path.read_text()
    with pytest.raises(KittError):
        remember(path, "open_garage", "en", "turn left", [], packaged)
    assert path.read_text() == before
    assert [p.name for p in path.parent.iterdir()] == ["grammar.yaml"]


def test_a_wake_word_is_polite_and_can_be_asked_for():
    grammar = default_grammar()
    assert grammar.wake_words == (("kitt",),)
    assert grammar.calls("KITT, stop") and not grammar.calls("stop")
    assert grammar.understand("kitt go").command == "go"
