"""Completion bound to the grammar."""

from __future__ import annotations

import pytest

from kitt_text.command_completion import CommandCompletion
from kitt_text.command_graph import CommandGraph
from kitt_text.grammar import default_grammar
from kitt_text.wordgraph import word_graph
from kitt_text.words import tokens
from kitt_text.written import Writing

LANGUAGES = ("en", "fr", "es")


@pytest.fixture(scope="module")
def completions():
    return {code: CommandCompletion(default_grammar(), code) for code in LANGUAGES}


@pytest.mark.parametrize("code", LANGUAGES)
def test_probabilities_of_each_step_add_up(code):
    graph = CommandGraph(default_grammar(), code)
    todo, seen = [*graph.start()], set()
    while todo and len(seen) < 400:
        position = todo.pop(0)
        if position in seen:
            continue
        seen.add(position)
        steps, end = graph.steps(position)
        assert sum(share for _, _, share in steps) + end == pytest.approx(1.0, abs=1e-6)
        todo += [target for _, target, _ in steps]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_phrase_of_the_grammar_can_be_typed_word_by_word(code):
    grammar = default_grammar()
    graph = CommandGraph(grammar, code)
    values = {"object": "object", "distance": "2 m", "angle": "90 deg", "duration": "3 s", "number": "4"}
    said = {"en": {"distance": "two meters", "angle": "ninety degrees", "duration": "3 seconds", "object": "dog"},
            "fr": {"distance": "deux metres", "angle": "trente degres", "duration": "3 secondes", "object": "chien"},
            "es": {"distance": "dos metros", "angle": "noventa grados", "duration": "3 segundos", "object": "perro"},
            }[code]  # fmt: skip
    for phrase, _ in grammar.phrases(code):
        words = " ".join(said.get(w[1:-1], values.get(w[1:-1], w)) if w[0] == "{" else w for w in phrase.split())
        at = graph.after(graph.start(), words.split())
        assert any(graph.steps(position)[1] > 0.0 for position in at), words


@pytest.mark.parametrize("code", LANGUAGES)
def test_only_what_the_grammar_takes_is_proposed(completions, code):
    """Every proposal is the beginning of a sentence that the ears listen for; the whole ones are understood."""
    graph = word_graph(default_grammar(), code)
    steps: dict[tuple[int, str], set[int]] = {}
    for source, target, word in graph.arcs:
        steps.setdefault((source, word), set()).add(target)
    asked = 0
    for phrase, _ in list(default_grammar().phrases(code))[::25]:
        text = " ".join(word for word in phrase.split() if not word.startswith("{"))
        for cut in (1, len(text) // 2, len(text)):
            for item in completions[code].complete(text[:cut], 5).proposals:
                states, asked = {graph.start}, asked + 1
                for word in tokens(item.text):
                    states = set().union(*(steps.get((state, word), set()) for state in states))
                assert states, item.text
                assert item.command == default_grammar().understand(item.text, code).command
    assert asked > 100


def test_whole_commands_and_next_words(completions):
    found = [item.text for item in completions["en"].complete("turn left n", 3).proposals]
    assert found[0] == "turn left ninety degrees"
    assert [p.command for p in completions["en"].complete("forward 17 ", 2).proposals] == ["forward", "forward"]
    assert completions["en"].complete("follow the ", 3).proposals[0].text == "follow the person"


@pytest.mark.parametrize("text", ["turn", "tur", "turn "])
def test_sides_come_before_turning_round(completions, text):
    assert {p.command for p in completions["en"].complete(text, 3).proposals} == {"left", "right"}


def test_what_was_typed_stays(completions):
    found = completions["en"].complete("Hey KITT, Turn le", 1).proposals
    assert found[0].text.startswith("Hey KITT, Turn left")
    assert completions["fr"].complete("Arre", 3).proposals[0].text.startswith("Arrê")
    assert completions["fr"].complete("TOURNE A G", 1).proposals[0].text.startswith("TOURNE A G")


def test_words_are_written_with_their_accents():
    def written(code: str, text: str) -> str:
        return Writing(default_grammar(), code).join(text.split())

    assert written("fr", "qu est ce que tu vois") == "qu'est-ce que tu vois"
    assert written("fr", "qu y a t il devant") == "qu'y a-t-il devant"
    assert written("fr", "va a la television s il te plait") == "va à la télévision s'il te plaît"
    assert written("es", "donde esta el autobus") == "dónde está el autobús"
    assert written("en", "what s there") == "what's there"


@pytest.mark.parametrize("code", LANGUAGES)
def test_written_commands_are_still_understood(code):
    grammar, writing = default_grammar(), Writing(default_grammar(), code)
    for phrase, command in grammar.phrases(code):
        if "{" not in phrase:
            assert (
                grammar.understand(writing.join(phrase.split()), code).command
                == grammar.understand(phrase, code).command
            )
            assert command


def test_what_the_grammar_does_not_take_gets_nothing(completions):
    for text in ("the cat", "turn left blah", "forward two blah", "x" * 500, "go " * 60):
        assert completions["en"].complete(text, 3).proposals == ()


def test_a_language_model_decides_between_equal_words(completions):
    def likes(word):
        return lambda text, words: [0.0 if w == word else -20.0 for w in words]

    for word in ("dog", "dogs", "donut"):
        assert completions["en"].complete("go to the d", 1, likes(word)).proposals[0].text == f"go to the {word}"


def test_own_phrases_count(completions):
    own = {"find the umbrella": 4, "find the unicorn": 4}
    found = completions["en"].complete("fi", 3, own=own).proposals
    assert found[0].text == "find the umbrella"
    assert not any("unicorn" in item.text for item in found)
