"""Events from known phones: what counts as a command, when, and what never does."""

from __future__ import annotations

import dataclasses
import math
import sys
from functools import lru_cache

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_text.grammar import default_grammar
from kitt_text.phones import INDEX, PHONES
from kitt_voice.confidence import Calibration
from kitt_voice.events import Activity, EventDetector, Heard, Partial
from kitt_voice.judge import Judge
from kitt_voice.recogniser import Recogniser
from kitt_voice.settings import MOTION, Settings
from kitt_voice.vocabulary import Vocabulary, compile_vocabulary
from speech_oracle import OracleAcoustic, Script


@lru_cache
def vocabulary() -> Vocabulary:
    return compile_vocabulary(default_grammar(), ("en", "fr", "es"))


def detector(**changes: object) -> EventDetector:
    found = vocabulary()
    settings = dataclasses.replace(Settings(), **changes)
    return EventDetector(found, settings, Judge(found.lexicons, Calibration()))


def events_of(script: Script, detector_: EventDetector | None = None) -> list[tuple[int, object]]:
    """Step and event."""
    machine = detector_ or detector()
    rows = zip(script.rows, script.speech, strict=True)
    return [(step, event) for step, (row, speech) in enumerate(rows) for event in machine.step(row, speech)]


def heard(script: Script, detector_: EventDetector | None = None) -> list[Heard]:
    return [event for _, event in events_of(script, detector_) if isinstance(event, Heard)]


def said(text: str, language: str = "en", seed: int = 0, noise: float = 1.0) -> Script:
    return Script(seed, noise).silence(0.5).say(text, language).silence(0.5)


PHRASES = [
    tuple(part.strip() for part in line.split("|"))
    for line in """
    en | stop | stop |
    en | go | go |
    en | go forward | forward |
    en | forward two meters | forward | distance 2
    en | turn left ninety degrees | left | angle 1.5708
    en | turn right | right |
    en | faster | faster |
    en | slow down | slower |
    en | follow the dog | follow | object dog
    en | come here | come |
    en | yes | yes |
    en | wait five seconds | wait | duration 5
    en | what do you see | what_do_you_see |
    en | how many people do you see | how_many | object person
    en | where is the chair | where_is | object chair
    fr | arrête | stop |
    fr | avance de trois mètres | forward | distance 3
    fr | recule | back |
    fr | tourne à gauche | left |
    fr | suis moi | follow | object person
    fr | plus vite | faster |
    fr | attends dix secondes | wait | duration 10
    fr | que vois tu | what_do_you_see |
    fr | allume les phares | lights_on |
    es | para | stop |
    es | avanza dos metros | forward | distance 2
    es | gira a la derecha | right |
    es | más despacio | slower |
    es | sigue al perro | follow | object dog
    es | ven aquí | come |
    es | espera cinco segundos | wait | duration 5
    es | retrocede | back |
    es | sí | yes |
    """.strip().splitlines()
]


@pytest.mark.parametrize(("language", "text", "command", "slot"), PHRASES)
def test_a_phrase_gives_its_command_and_values_once(language, text, command, slot):
    for seed in range(2):
        events = heard(said(text, language, seed))
        assert [event.command for event in events] == [command]
        slots = {s.name: s.label or f"{s.value:.5g}" for s in events[0].slots}
        assert slots == (dict([slot.split()]) if slot else {})
        assert events[0].confidence > 0.8


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "the weather is nice today"), ("en", "i went to the market with my brother"),
        ("en", "going forward we must think about it"), ("en", "he left yesterday"),
        ("en", "the people behind the house"),
        ("fr", "il fait beau aujourd hui"), ("fr", "la voiture de mon voisin est rouge"), ("fr", "je suis parti hier"),
        ("es", "hoy hace buen tiempo"), ("es", "un regalo para mi hermano"), ("es", "la casa es muy grande"),
    ],
)  # fmt: skip
def test_ordinary_sentences_give_no_command(language, text):
    assert [heard(said(text, language, seed)) for seed in range(3)] == [[], [], []]


def test_the_event_comes_soon_after_the_word():
    for text, most in (("stop", 0.1), ("turn around", 0.2), ("forward", 0.26), ("yes", 0.2)):
        script = said(text)
        step, _ = next((s, e) for s, e in events_of(script) if isinstance(e, Heard))
        assert (step - script.ends[-1]) * 0.02 <= most


def test_times_are_those_of_the_words():
    script = Script().silence(1.0).say("turn left").silence(0.5)
    (event,) = heard(script)
    assert event.begin_s == pytest.approx(1.0, abs=0.021)
    assert event.end_s == pytest.approx((script.ends[-1] + 1) * 0.02, abs=0.07)
    (late,) = heard(script, detector(lag=0.1))
    assert late.begin_s == pytest.approx(event.begin_s - 0.1)


def test_a_short_pause_within_a_phrase_belongs_to_it_and_a_long_one_does_not():
    def paused(seconds: float) -> Script:
        return Script().silence(0.5).say("forward").silence(seconds).say("two meters").silence(0.6)

    (event,) = heard(paused(0.1))
    assert event.text == "forward two meters"
    assert [event.text for event in heard(paused(0.5))] == ["forward"]


@pytest.mark.parametrize("text", ["no no stop", "the weather is nice stop", "what are you doing halt"])
def test_stop_counts_at_the_end_of_any_words(text):
    script = said(text)
    events = [(s, e) for s, e in events_of(script) if isinstance(e, Heard)]
    assert [event.command for _, event in events] == ["stop"]
    assert (events[0][0] - script.ends[-1]) * 0.02 <= 0.16


def test_words_that_only_begin_or_sound_like_stop_do_not_count():
    for text in ("stopping by woods", "find the stop sign", "a shop", "the step"):
        assert "stop" not in [event.command for event in heard(said(text))]


def test_the_same_command_counts_again_only_after_a_while():
    def twice(pause: float) -> Script:
        return Script().silence(0.5).say("stop").silence(pause).say("stop").silence(0.5)

    assert len(heard(twice(0.3))) == 1
    assert len(heard(twice(1.5))) == 2
    assert len(heard(twice(0.3), detector(refractory=0.1))) == 2
    both = Script().silence(0.5).say("turn left").silence(0.3).say("turn right").silence(0.5)
    assert [event.command for event in heard(both)] == ["left", "right"]


def test_a_phrase_in_the_middle_of_speech_does_not_count():
    script = Script().silence(0.5).say("i think that we should").say("turn left").silence(0.5)
    assert heard(script) == []
    script = Script().silence(0.5).say("turn left").say("is what i said").silence(0.5)
    assert heard(script) == []


def test_the_wake_word_can_be_required():
    def machine() -> EventDetector:
        return detector(wake_word=True)

    assert heard(said("turn left"), machine()) == []
    assert [e.command for e in heard(said("kitt turn left"), machine())] == ["left"]
    assert [e.command for e in heard(said("stop"), machine())] == ["stop"]
    script = Script().silence(0.5).say("kitt").silence(1.0).say("turn left").silence(0.5)
    assert [e.command for e in heard(script, machine())] == ["left"]
    late = Script().silence(0.5).say("kitt").silence(7.0).say("turn left").silence(0.5)
    assert heard(late, machine()) == []


def talked(then: str, silence_s: float = 1.0, speaking: bool = False) -> list[str]:
    """What counts of words after some sentences to other people, where those are doubted much."""
    machine = detector(talk=10.0)
    machine.speaking = speaking
    talk = Script().silence(0.5)
    for text in ("i went to the market with my brother", "the weather is nice today") * 4:
        talk.say(text).silence(0.4)
    assert heard(talk, machine) == []
    machine.speaking = False
    return [event.command for event in heard(Script(1).silence(silence_s).say(then).silence(0.5), machine)]


def test_while_people_talk_less_is_believed_but_stop_and_what_kitt_is_told():
    assert talked("turn left") == []
    assert talked("stop") == ["stop"]
    assert talked("kitt turn left") == ["left"]
    assert talked("turn left", silence_s=30.0) == ["left"]
    assert talked("turn left", speaking=True) == ["left"]  # the sentences were its own


def test_after_kitt_was_called_commands_count_while_people_talk():
    machine = detector(talk=10.0)
    script = Script().silence(0.5)
    for _ in range(8):
        script.say("i went to the market with my brother").silence(0.4)
    script.say("kitt turn left").silence(1.0).say("turn right").silence(0.5)
    assert [event.command for event in heard(script, machine)] == ["left", "right"]


def test_while_the_car_speaks_only_stop_counts():
    def machine() -> EventDetector:
        speaking = detector()
        speaking.speaking = True
        return speaking

    assert heard(said("turn left"), machine()) == []
    assert [e.command for e in heard(said("stop"), machine())] == ["stop"]
    doubtful = detector(threshold_stop_speaking=1.0)
    doubtful.speaking = True
    assert heard(said("stop"), doubtful) == []


def test_motion_needs_more_confidence_than_words():
    assert {"go", "left", "follow"} <= MOTION <= set(default_grammar().commands)
    assert heard(said("turn left"), detector(threshold_motion=1.0)) == []
    assert len(heard(said("yes"), detector(threshold_motion=1.0))) == 1


def test_activity_and_partial_texts():
    events = [event for _, event in events_of(said("turn left ninety degrees"))]
    assert [e.speech for e in events if isinstance(e, Activity)] == [True, False]
    partial = [e for e in events if isinstance(e, Partial)]
    assert "turn left" in [e.text for e in partial]
    assert [e.final for e in partial] == [False] * (len(partial) - 1) + [True]
    assert partial[-1].text == "turn left ninety degrees"


def test_steady_noise_does_not_keep_commands_from_being_heard():
    script = said("turn left")
    script.speech = [0.9] * len(script.speech)
    assert [e.command for e in heard(script)] == ["left"]


def test_posteriors_without_meaning_never_fire():
    random = np.random.default_rng(3)
    machine = detector()
    flat = np.full(len(PHONES), -math.log(len(PHONES)), np.float32)
    for step in range(5000):
        row = flat if step % 1000 < 500 else np.log(random.dirichlet(np.full(len(PHONES), 0.2))).astype(np.float32)
        row = np.maximum(row, -20.0)
        assert [e for e in machine.step(row, float(random.random())) if isinstance(e, Heard)] == []


def test_long_speech_is_no_command_and_memory_stays():
    machine = detector()
    script = Script(noise=1.0)
    for _ in range(12):
        script.say("go on and on and on and on")
    assert heard(script, machine) == []
    size = sys.getsizeof(machine._decoder._store)
    assert heard(script, machine) == [] and sys.getsizeof(machine._decoder._store) == size
    assert len(machine._heard.speech) <= 12.1 / 0.02


def recogniser(script: Script, **more: object) -> Recogniser:
    return Recogniser(OracleAcoustic(script), default_grammar(), **more)


def stream(machine: Recogniser, samples: np.ndarray, size: int) -> list[object]:
    events: list[object] = []
    for at in range(0, len(samples), size):
        events += machine.push(samples[at : at + size])
    return events + machine.flush()


def test_chunks_do_not_matter():
    script = said("turn left ninety degrees")
    samples = np.zeros(len(script.rows) * 320, np.int16)
    once = stream(recogniser(script), samples, len(samples))
    assert [e.command for e in once if isinstance(e, Heard)] == ["left"]
    for size in (1, 37, 320, 1024, 16000):
        if size == 1:
            samples = samples[: 320 * 60]
            once = stream(recogniser(script), samples, len(samples))
        assert stream(recogniser(script), samples, size) == once
        samples = np.zeros(len(script.rows) * 320, np.int16)
        once = stream(recogniser(script), samples, len(samples))


def test_the_end_of_a_file_ends_the_utterance():
    script = Script().silence(0.5).say("forward")
    events = stream(recogniser(script), np.zeros(len(script.rows) * 320, np.int16), 320)
    assert [e.command for e in events if isinstance(e, Heard)] == ["forward"]
    assert stream(recogniser(Script()), np.zeros(0, np.int16), 320) == []


@pytest.mark.parametrize("kind", ["nan", "square", "silence", "noise"])
def test_any_samples_are_survived(kind):
    samples = {
        "nan": np.full(16000, np.nan, np.float32),
        "square": np.repeat(np.array([32767, -32768] * 100, np.int16), 80),
        "silence": np.zeros(16000, np.int16),
        "noise": np.random.default_rng(0).integers(-32768, 32767, 16000).astype(np.int16),
    }[kind]
    assert stream(recogniser(Script()), samples, 320) == []


def test_the_state_is_renewed_in_long_silence_only():
    quiet = OracleAcoustic(Script())
    machine = Recogniser(quiet, default_grammar(), ("en",), Settings(state_reset=2.0))
    before = quiet.resets
    machine.push(np.zeros(16000 * 9, np.int16))
    assert quiet.resets - before == 4
    talking = OracleAcoustic(Script())
    talking.script.rows, talking.script.speech = [said("go").rows[0]] * 450, [0.9] * 450
    machine = Recogniser(talking, default_grammar(), ("en",), Settings(state_reset=2.0))
    before = talking.resets
    machine.push(np.zeros(16000 * 8, np.int16))
    assert talking.resets == before


def test_languages_and_settings_change_at_run_time():
    script = said("recule", "fr").say("tourne à gauche", "fr").silence(0.5)
    samples = np.zeros(len(script.rows) * 320, np.int16)
    machine = recogniser(script, languages=("en",))
    assert [e for e in stream(machine, samples, 320) if isinstance(e, Heard)] == []
    machine.languages = ("fr", "en")
    machine._model.at = 0
    assert [e.command for e in stream(machine, samples, 320) if isinstance(e, Heard)] == ["back", "left"]
    machine.settings = Settings(threshold_motion=1.0)
    machine._model.at = 0
    assert [e for e in stream(machine, samples, 320) if isinstance(e, Heard)] == []


def test_what_cannot_be_listened_for_is_named():
    with pytest.raises(KittError, match="«de»"):
        recogniser(Script(), languages=("en", "de"))
    with pytest.raises(KittError, match="no language"):
        recogniser(Script(), languages=())
    with pytest.raises(KittError, match="threshold"):
        recogniser(Script(), settings=Settings(threshold=2.0))


def test_a_long_vowel_does_not_end_the_word():
    script = Script(1, 1.0).silence(0.5).phones(["f", "ɔ"])
    for _ in range(12):
        script._row(0, 0.97)
    script.phones(["ɹ", "w", "ɚ", "d"]).silence(0.6)
    assert [event.text for event in heard(script)] == ["forward"]


def test_a_path_that_is_not_the_best_counts_when_speech_has_ended():
    script = Script(1, 0.3).silence(0.5).say("yes").silence(0.6)
    last = max(i for i, row in enumerate(script.rows) if row.argmax() != 0)
    weak = np.full(len(PHONES), -12.0, np.float32)
    weak[script.rows[last].argmax()], weak[0] = math.log(0.25), math.log(0.75)
    script.rows[last] = weak
    if script.rows[last - 1].argmax() != 0:
        script.rows[last - 1] = weak
    assert [event.command for event in heard(script)] == ["yes"]


def test_a_last_phone_that_shows_in_the_silence_costs_no_more_patience():
    script = Script(1, 0.3).silence(0.5).phones(["f", "ɔ", "ɹ", "w", "ɚ"])
    end = len(script.rows)
    for best in (*[0] * 7, INDEX["d"], *[0] * 30):
        script._row(best, 0.02)
    (step,) = (step for step, event in events_of(script) if isinstance(event, Heard))
    assert (step - end) * 0.02 == pytest.approx(Settings().patience_open, abs=0.03)


class FixedVad:
    """A detector of speech that gives one number."""

    def __init__(self, probability: float) -> None:
        self.probability, self.rest = probability, 0

    def reset(self) -> None:
        self.rest = 0

    def push(self, samples: np.ndarray) -> np.ndarray:
        count, self.rest = divmod(self.rest + len(samples), 512)
        return np.full(count, self.probability, np.float32)


def test_a_second_detector_of_speech_may_refuse():
    script = said("turn left")
    samples = np.zeros(len(script.rows) * 320, np.int16)

    def commands(probability: float, size: int) -> list[str]:
        machine = recogniser(script, languages=("en",), vad=FixedVad(probability))
        return [e.command for e in stream(machine, samples, size) if isinstance(e, Heard)]

    for size in (320, 5000, len(samples)):
        assert commands(1.0, size) == ["left"]
        assert commands(0.0, size) == []
