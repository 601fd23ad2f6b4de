"""The automaton of words takes what the grammar understands, and little else."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from kitt_text import spelling
from kitt_text.automaton import Automaton, Joints, choice, minimal
from kitt_text.grammar import Grammar, default_grammar
from kitt_text.loading import parse
from kitt_text.numbers import number
from kitt_text.wordgraph import WordGraph, word_graph
from kitt_text.words import tokens

LANGUAGES = ("en", "fr", "es")
VALUES = {
    "distance": {
        "en": ["two meters", "half a meter", "a meter and a half", "two point five meters", "one meter twenty",
               "fifty centimeters", "a kilometer"],
        "fr": ["deux mètres", "un demi mètre", "un mètre et demi", "deux virgule cinq mètres", "deux mètres cinquante",
               "quatre-vingt-dix-sept centimètres", "soixante et onze pieds"],
        "es": ["dos metros", "medio metro", "un metro y medio", "dos coma cinco metros", "dos metros cincuenta",
               "treinta y un centímetros", "veintiún metros"],
    },
    "angle": {
        "en": ["ninety degrees", "one hundred and eighty degrees", "three hundred sixty degrees", "one radian"],
        "fr": ["quatre-vingt-dix degrés", "cent quatre-vingts degrés", "trois cent soixante degrés"],
        "es": ["noventa grados", "ciento ochenta grados", "trescientos sesenta grados"],
    },
    "duration": {
        "en": ["five seconds", "a minute thirty", "one minute", "half a minute", "two and a half seconds"],
        "fr": ["cinq secondes", "une minute trente", "une demi minute", "une minute et demie"],
        "es": ["cinco segundos", "un minuto treinta", "medio minuto", "un minuto y medio"],
    },
    "number": {
        "en": ["seven", "one", "forty two", "one hundred", "three point five"],
        "fr": ["sept", "quarante-deux", "quatre-vingt-onze", "cent"],
        "es": ["siete", "uno", "cuarenta y dos", "cien"],
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=LANGUAGES)
def graph(request) -> WordGraph:
    return word_graph(default_grammar(), request.param)


def test_every_phrase_with_any_value_is_accepted(graph):
    data = default_grammar().data.languages[graph.language]
    dice = random.Random(0)
    said = {name: values[graph.language] for name, values in VALUES.items()}
    said["object"] = [" ".join(words) for words in data.objects]
    for phrase, _ in default_grammar().phrases(graph.language):
        text = phrase
        for slot, values in said.items():
            text = text.replace("{" + slot + "}", dice.choice(values))
        assert graph.accepts(tokens(text)), text


def test_every_object_and_filler_is_accepted(graph):
    data = default_grammar().data.languages[graph.language]
    go = {"en": "find", "fr": "trouve", "es": "busca"}[graph.language]
    for words in data.objects:
        assert graph.accepts([go, *words]), words
    for words in data.fillers:
        assert graph.accepts([*words, go, "kitt", "stop"]) is False
        assert graph.accepts([*words, "stop", *words, "kitt"]), words


def test_stop_words_of_the_language_and_no_others(graph):
    data = default_grammar().data.languages[graph.language]
    assert all(graph.accepts([word]) and graph.accepts([word, word]) for word in data.said_stops)
    assert not any(graph.accepts([word]) for word in data.stop_words - data.said_stops)


@pytest.mark.parametrize("text", ["", "kitt", "please kitt", "blah", "forward forward", "the dog", "two meters"])
def test_what_is_no_command(text):
    assert not word_graph(default_grammar(), "en").accepts(tokens(text))


def test_it_is_compact_and_every_state_leads_to_an_end(graph):
    assert len(graph.arcs) <= 3200
    assert len(set(graph.arcs)) == len(graph.arcs)
    assert all(word.isalpha() for _, _, word in graph.arcs)
    ahead = defaultdict(set)
    for source, target, _ in graph.arcs:
        ahead[target].add(source)
    seen, stack = set(graph.finals), list(graph.finals)
    while stack:
        for state in ahead[stack.pop()] - seen:
            seen.add(state)
            stack.append(state)
    assert seen >= {state for a, b, _ in graph.arcs for state in (a, b)}


def test_random_sentences_are_understood(graph):
    grammar, dice = default_grammar(), random.Random(1)
    out = defaultdict(list)
    for source, target, word in graph.arcs:
        out[source].append((target, word))
    good = count = 0
    while count < 1000:
        state, words = graph.start, []
        while len(words) < 30 and not (state in graph.finals and dice.random() < 0.5):
            state, word = dice.choice(out[state])
            words.append(word)
        if state in graph.finals:
            count += 1
            good += bool(grammar.understand(" ".join(words), graph.language).command)
    print(f"{graph.language}: {good} of {count} random sentences are commands; {len(graph.arcs)} arcs")
    assert good >= 0.95 * count


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_in_words_are_read_as_what_they_are(language):
    values = set()
    for phrase in [*spelling.below_hundred(language), *spelling.hundreds(language, 360)]:
        read = number(phrase, 0, language)
        assert read is not None and read[1] == len(phrase), phrase
        values.add(read[0])
    assert values >= set(range(101)) | {180, 270, 360, 345}
    assert max(values) == 360
    assert {number(phrase, 0, language)[0] for phrase in spelling.fives(language, 60)} == set(range(5, 60, 5))


def test_a_grammar_of_ones_own():
    raw = {
        "languages": ["en"],
        "fillers": {"en": ["please"]},
        "stop_words": ["stop"],
        "macros": {},
        "units": {"distance": {"m": ["meters"]}},
        "commands": {"stop": {"en": ["stop"]}, "jump": {"en": ["jump [{distance}]", "jump to {object} now"]}},
        "objects": {"dog": {"en": ["dog"]}},
    }
    graph = word_graph(Grammar(parse(raw)), "en")
    for text, fits in [
        ("jump", True), ("please jump three meters please", True), ("jump to dog now", True), ("jump to dog", False),
        ("jump three", False), ("stop stop", True),
    ]:  # fmt: skip
        assert graph.accepts(text.split()) == fits, text


def test_automata():
    part = choice([("a", "b"), ("c", "b"), ("a", "b", "d")])
    assert len(part.arcs) == 5
    assert len(choice([("a", "b"), ("c", "b")]).arcs) == 3  # equal ends are one
    automaton = Automaton()
    start, middle, end = (automaton.state() for _ in range(3))
    automaton.insert(start, middle, choice([("x",)]))
    automaton.arc(middle, "", end)
    assert minimal(automaton, start, end).arcs == ((1, 0, "x"),)
    joints = Joints("s")
    joints.arc("s", "m", "x")
    joints.empty("m", "e")
    joints.arc("m", "dead", "y")
    assert joints.without_empty("e").arcs == ((1, 0, "x"),)
