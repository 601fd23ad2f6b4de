"""The rules between grammar and network, with a network that claims anything; and the shipped network's sentences."""

from __future__ import annotations

import math
import time

import pytest

from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError
from kitt_text.grammar import default_grammar
from kitt_text.tagger import Reading, Tagger
from kitt_text.tagging import SLOTS, split
from kitt_text.understanding import HARMLESS, Understander, directed

EXACT = ("forward two meters", "tourne à gauche", "sigue al perro", "lights on", "go")
NEGATED = (
    "don't go forward", "do not drive", "never turn left", "please don't move", "you must not go", "no forward",
    "don't follow me", "ne tourne pas", "n'avance pas", "ne recule jamais", "surtout n'avance pas de deux mètres",
    "il ne faut pas avancer", "ne me suis pas", "no avances", "no gires a la izquierda", "nunca retrocedas",
    "no vayas adelante", "no me sigas", "jamás avances dos metros", "dont go", "DON'T GO FORWARD", "NE TOURNE PAS",
)  # fmt: skip
PROSE = (
    "I went forward two meters yesterday", "he turned left", "forward the letter to my boss", "she backs the plan",
    "le bus avance lentement", "il a tourné à gauche hier", "el tren avanza", "adelante de la casa hay un árbol",
    "the car was going forward when it rained", "if you go forward you will fall",
)  # fmt: skip
GARBAGE = (
    "", " ", "\n\t", "🙂🙂🚗", "\x00\x01\x07", "x" * 1_000_000, "go " * 300_000, "едь вперёд", "前进两米", "مرحبا",
    "!!!???", "\ud800", "a" * 399, "1" * 399, "‍" * 100, "é" * 1_000_000, ". " * 500_000,
)  # fmt: skip


class Claims:
    """A network that is certain of one intent, whatever is said."""

    def __init__(self, intent, spans=(), confidence=1.0, language="en"):
        self.colours = {"red": "red"}
        self.reading = Reading(intent, spans, language, confidence)

    def read(self, tokens):
        return self.reading if tokens else None


def claiming(intent, *spans, confidence=1.0, language="en"):
    return Understander(default_grammar(), Claims(intent, spans, confidence, language))


@pytest.mark.parametrize("intent", [*default_grammar().commands, "go_to_place", "follow_person", "none"])
def test_a_network_that_is_certain_of_anything_moves_nothing(intent):
    for language in ("en", "fr", "es"):
        understander = claiming(intent, language=language)
        for text in (*NEGATED, *PROSE, "please could you perhaps roll", "venga, un poco", "allez, un peu"):
            got = understander.understand(text, language)
            assert got.exact is False
            assert got.command == "" or got.command in HARMLESS or got.command not in default_grammar().commands, text


@pytest.mark.parametrize("text", NEGATED)
def test_a_negation_is_no_wish_and_suggests_nothing(text):
    for intent in ("forward", "left", "follow", "go_to_place", "lights_on", "hello"):
        for language in ("en", "fr", "es"):
            got = claiming(intent, language=language).understand(text)
            assert (got.command, got.suggestion) == ("", ""), text
            assert "negation" in got.reason


@pytest.mark.parametrize("text", EXACT)
def test_the_grammar_goes_first(text):
    got = claiming("none").understand(text)
    assert got.command == default_grammar().understand(text).command
    assert got.exact and got.confidence == 1.0 and not got.reason


def test_stop_wins_over_everything():
    assert claiming("forward").understand("please do not stop now, go on").command == "stop"


def test_directions_are_slots_of_what_the_grammar_knows():
    for text, label, said in (("turn left by ten degrees", "left", "left"), ("va tout droit", "forward", "tout droit"),
                              ("hacia atrás", "back", "atras")):  # fmt: skip
        slot = directed(default_grammar().understand(text)).slot("direction")
        assert slot is not None and (slot.label, slot.text) == (label, said)
        assert math.isnan(slot.value)
    assert directed(default_grammar().understand("avance")).slots == ()


def test_a_motion_that_was_perhaps_meant_is_a_suggestion_in_the_grammars_words():
    text = "would it be ok to advance two metres"
    got = claiming("forward", ("distance", 6, 8)).understand(text, "en")
    assert (got.command, got.confidence) == ("", 0.0)
    meant = default_grammar().understand(got.suggestion, "en")
    assert (meant.command, meant.slots[0].value) == ("forward", 2.0)
    assert got.suggestion in got.reason


def test_what_the_grammar_cannot_say_is_not_suggested():
    got = claiming("follow", ("colour", 2, 3), ("object", 3, 4)).understand("tail that red car")
    assert (got.command, got.suggestion) == ("", "")
    assert [(s.name, s.label) for s in got.slots] == [("colour", "red"), ("object", "car")]
    assert claiming("follow", ("object", 1, 2)).understand("tail gizmos").suggestion == ""


def test_questions_are_answered_and_wishes_named_when_it_is_certain():
    got = claiming("how_many", ("object", 5, 6)).understand("might I know how many dogs")
    assert (got.command, got.slots[0].label, got.exact) == ("how_many", "dog", False)
    assert (
        claiming("how_many", ("object", 5, 6), confidence=0.55).understand("might I know how many dogs").command == ""
    )
    got = claiming("go_to_place", ("place", 2, 4)).understand("drive to Roosevelt Street")
    assert (got.command, got.slots[0].text) == ("go_to_place", "Roosevelt Street")
    got = claiming("go_to_place", ("place", 2, 4), confidence=0.55).understand("drive to Roosevelt Street")
    assert got.command == "" and "go_to_place" in got.reason


@pytest.mark.parametrize(
    ("text", "span", "language", "name", "value"),
    [
        ("je marche deux mètres cinquante", ("distance", 2, 4), "fr", "distance", 2.5),
        ("I just ran 10 miles", ("distance", 3, 5), "en", "distance", 16093.44),
        ("espera por favor un minuto y medio", ("duration", 3, 5), "es", "duration", 90.0),
        ("rotate it 90°", ("angle", 2, 4), "en", "angle", math.pi / 2),
        ("object thirteen", ("number", 1, 2), "en", "number", 13.0),
        ("some three metres", ("number", 1, 2), "en", "distance", 3.0),
    ],
)
def test_quantities_are_in_si_units(text, span, language, name, value):
    slot = claiming("none", span, language=language).understand(text).slots[0]
    assert (slot.name, slot.value) == (name, pytest.approx(value))


def test_a_quantity_that_no_rule_reads_has_no_value():
    slot = claiming("none", ("distance", 1, 3)).understand("run umpteen leagues").slots[0]
    assert math.isnan(slot.value) and slot.text == "umpteen leagues"


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_nothing_in_bounded_time_with_a_reason(text):
    began = time.perf_counter()
    got = claiming("forward").understand(text)
    assert time.perf_counter() - began < 0.5
    assert (got.command, got.confidence) == ("", 0.0)
    assert got.reason


def test_without_a_network_the_grammar_remains(tmp_path):
    with pytest.raises(KittError, match="no network"):
        Understander.open(str(tmp_path))
    understander = Understander.open(str(tmp_path), strict=False)
    assert understander.understand("forward").command == "forward"
    assert "no network" in understander.understand("drive me home").reason


@pytest.mark.parametrize(
    "content", ["", "---\n---\n", "---\ntask: vad\n---\n", "---\ntask: understanding\n---\n", "\x00"]
)
def test_a_card_that_is_none_is_named(tmp_path, content):
    (tmp_path / "card.md").write_text(content)
    with pytest.raises(KittError) as caught:
        Tagger.open(str(tmp_path))
    assert "card" in caught.value.message


def test_a_damaged_network_is_named(tmp_path):
    head = "---\ntask: understanding\nfile: a.onnx\nsha256: 12\nintents: {none: {}}\ncolours: {}\n---\n"
    (tmp_path / "card.md").write_text(head)
    with pytest.raises(KittError, match=r"a\.onnx is missing"):
        Tagger.open(str(tmp_path))
    (tmp_path / "a.onnx").write_bytes(b"no network")
    with pytest.raises(KittError, match="sha256"):
        Tagger.open(str(tmp_path))
    (tmp_path / "card.md").write_text(head.replace("sha256: 12", f"sha256: {sha256_of(tmp_path / 'a.onnx')}"))
    with pytest.raises(KittError, match="n-grams") as caught:
        Tagger.open(str(tmp_path))
    assert "anew" in caught.value.remedy


# --- the shipped network ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def shipped():
    return Understander.open()


@pytest.mark.parametrize(
    ("text", "command", "slot", "said"),
    [
        ("Drive to Roosevelt Street", "go_to_place", "place", "Roosevelt Street"),
        ("please could you drive over to roosevelt street", "go_to_place", "place", "roosevelt street"),
        ("follow Roosevelt", "follow_person", "person", "Roosevelt"),
        ("follow roosevelt", "follow_person", "person", "roosevelt"),
        ("Conduis jusqu'à la rue Roosevelt", "go_to_place", "place", "rue Roosevelt"),
        ("conduis jusqu a la rue roosevelt", "go_to_place", "place", "rue roosevelt"),
        ("Suis Roosevelt", "follow_person", "person", "Roosevelt"),
        ("suis roosevelt", "follow_person", "person", "roosevelt"),
        ("Sigue a Roosevelt", "follow_person", "person", "Roosevelt"),
        ("sigue a roosevelt", "follow_person", "person", "roosevelt"),
        ("Ve a la calle Roosevelt", "go_to_place", "place", "calle Roosevelt"),
        ("ve a la calle roosevelt", "go_to_place", "place", "calle roosevelt"),
    ],
)
def test_roosevelt_is_a_street_or_a_man(shipped, text, command, slot, said):
    got = shipped.understand(text)
    assert [(s.name, s.text) for s in got.slots] == [(slot, said)]
    assert got.command == command, got.reason


def test_ten_miles_and_a_drink_of_water(shipped):
    got = shipped.understand("I just ran 10 miles and need a drink of water")
    assert got.command == ""
    assert [(s.name, s.text) for s in got.slots] == [("distance", "10 miles")]


@pytest.mark.parametrize("text", [*NEGATED, *PROSE])
@pytest.mark.parametrize("language", ["", "en", "fr", "es"])
def test_neither_negations_nor_tales_become_commands(shipped, text, language):
    got = shipped.understand(text, language)
    assert got.command == "", got


@pytest.mark.parametrize("text", GARBAGE)
def test_the_shipped_network_takes_garbage(shipped, text):
    began = time.perf_counter()
    got = shipped.understand(text)
    assert time.perf_counter() - began < 1.0
    assert (got.command, got.suggestion) == ("", "") and got.reason


def test_its_card_is_true(shipped):
    assert set(default_grammar().commands) - {"stop"} <= set(shipped.tagger.intents)
    assert shipped.tagger.read(split("go")) is not None
    assert {s for s, _, _ in shipped.tagger.read(split("tell Anna that I am in Paris in two hours")).spans} <= set(
        SLOTS
    )
