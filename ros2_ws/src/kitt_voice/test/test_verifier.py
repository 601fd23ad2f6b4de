"""The second look at what may be a command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_inference.session import TensorSpec
from kitt_text.grammar import Understanding, default_grammar, own_grammar
from kitt_text.lexicon import Lexicon
from kitt_voice.confidence import FEATURES, VERIFIED, Calibration, Utterance, save_verified
from kitt_voice.decoder import Hypothesis, Spoken
from kitt_voice.graph import Word
from kitt_voice.heard import Heard
from kitt_voice.judge import Judge, Sentence
from kitt_voice.recogniser import Recogniser
from kitt_voice.settings import Settings
from kitt_voice.tokens import gains_of
from kitt_voice.verifier import CLASSES, INDEX, LEAST, LONGEST, Verifier, class_name, evidence
from speech_oracle import OracleAcoustic, Script

HIDDEN = 4
PHONES_ONLY = (1.0, -1.0, 0.0, 3.0, 0.5, 0.9, -1.0, 0.0, 0.7, 0.3)
BOTH = Calibration(1.5, (*PHONES_ONLY, 2.0, -1.0, 1.0))


class Says:
    """A session that finds one class, whatever it is given, and remembers that."""

    backend = "none"
    reason = ""
    inputs = (TensorSpec("steps", (-1, 1, 80 + HIDDEN), np.dtype(np.float32)),)
    outputs = (TensorSpec("log_probs", (1, len(CLASSES)), np.dtype(np.float32)),)

    def __init__(self, name: str) -> None:
        self.given: list[np.ndarray] = []
        self._row = np.full(len(CLASSES), -9.0, np.float32)
        self._row[INDEX[name]] = -0.01

    def run(self, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.given.append(feeds["steps"])
        return {"log_probs": self._row[None]}

    def close(self) -> None:
        pass


class Layered(OracleAcoustic):
    """With a last layer, as a verifier wants to see it: the number of the step."""

    taken = 0

    def step(self, features: np.ndarray) -> tuple[np.ndarray, float]:
        self.taken += 1
        return super().step(features)

    @property
    def top(self) -> np.ndarray:
        return np.full(HIDDEN, self.taken, np.float32)


def verifier(name: str) -> tuple[Verifier, Says]:
    session = Says(name)
    return Verifier(session, Path("verifier.onnx"), HIDDEN), session


def listen(text: str, finds: str, grammar=None, calibration=None):
    """What comes of a text while the verifier finds `finds`; what was considered, and what the verifier was given."""
    second, session = verifier(finds)
    considered: list[tuple[str, int]] = []
    ears = Recogniser(
        Layered(Script().silence(0.8).say(text).silence(1.0)), grammar or default_grammar(), ("en",),
        calibration=calibration, verifier=second, verified={"en": BOTH},
        considered=lambda meaning, features: considered.append((meaning.command, len(features))),
    )  # fmt: skip
    silence = np.zeros(16_000 * 5, np.int16)
    return [e.command for e in ears.push(silence) if isinstance(e, Heard)], considered, session.given


def test_values_are_one_class_but_small_numbers():
    assert class_name("stop") == "stop" and class_name("") == ""
    assert class_name("forward(2m)") == "forward(...)" and class_name("number(7)") == "number(7)"
    assert class_name("number(42)") == class_name("number(2.5)") == "number(...)"
    assert len(set(CLASSES)) == len(CLASSES) and CLASSES[0] == ""


def test_it_knows_the_packaged_words():
    second, _ = verifier("stop")
    for language, text in (
        ("en", "stop"), ("en", "go"), ("en", "left"), ("en", "seven"), ("en", "yeah"), ("fr", "arrête"),
        ("fr", "recule"), ("es", "para"), ("es", "cuatro"),
    ):  # fmt: skip
        meaning = default_grammar().understand(text, language)
        index = second.knows(meaning)
        assert index is not None, text
        assert CLASSES[index].partition("(")[0] == meaning.command


def test_words_that_it_has_not_learnt_are_left_to_the_phones():
    second, _ = verifier("stop")
    assert second.knows(Understanding("stop", (), "en", 1.0, "brakes")) is None
    assert second.knows(Understanding("garage", (), "en", 1.0, "garage")) is None
    assert second.knows(default_grammar().understand("turn left", "en")) is None
    assert second.knows(Understanding("stop", (), "en", 1.0, "stop")) == INDEX["stop"]


def test_the_evidence_is_bounded():
    row = np.full(len(CLASSES), -30.0, np.float32)
    row[INDEX["go"]] = 0.0
    assert evidence(row, INDEX["go"]) == (0.0, LEAST, -LEAST)
    assert evidence(row, INDEX["no"]) == (LEAST, LEAST, LEAST)


def test_what_both_hear_counts_and_what_one_hears_does_not():
    heard, considered, given = listen("left", "left")
    assert heard == ["left"] and considered[-1] == ("left", len(VERIFIED))
    assert given and given[0].shape[1:] == (1, 80 + HIDDEN)
    assert listen("left", "right")[0] == listen("left", "")[0] == []


def test_it_hears_the_utterance_from_its_begin_on():
    *_, given = listen("left", "left")
    steps = given[-1][:, 0, -1]
    assert (np.diff(steps) == 1).all() and steps[0] > 20  # 0.8 s of silence before, 0.4 s of it may belong to it
    second, session = verifier("left")
    second.log_posteriors([np.zeros(80 + HIDDEN, np.float32)] * (LONGEST + 50))
    assert len(session.given[-1]) == LONGEST


def test_added_phrases_need_no_verifier(tmp_path):
    words = tmp_path / "words.yaml"
    words.write_text('commands:\n  open_garage:\n    en: ["garage"]\n  left:\n    en: ["leftish"]\n')
    grammar = own_grammar(str(words))
    assert listen("leftish", "", grammar)[0] == ["left"]
    heard, considered, given = listen("garage", "", grammar)
    assert heard == ["open_garage"] and considered[-1] == ("open_garage", len(FEATURES)) and not given


@pytest.mark.parametrize("rows", [[], [np.full(80 + HIDDEN, np.nan, np.float32)]])
def test_what_cannot_be_judged_is_no_command(rows):
    second, session = verifier("stop")
    posteriors = second.log_posteriors(rows)
    assert posteriors.argmax() == 0 and posteriors.max() == 0.0 and not session.given


def test_closed_vocabularies_take_its_word_where_it_knows_all():
    second, _ = verifier("left")
    script = Script().silence(0.5).say("left").silence(2.0)
    ears = Recogniser(
        Layered(script), default_grammar(), ("en",), verifier=second, verified={"en": Calibration(0.0, (0.0,) * 13)}
    )
    sound = np.zeros(32_000, np.int16)
    rated = ears.verified(ears.whole(sound), [("left", "en"), ("right", "en")])
    assert rated is not None and rated.tolist() == pytest.approx([-0.01, -9.0])
    assert ears.verified(ears.whole(sound), [("left", "en"), ("garage", "en")]) is None
    alone = Recogniser(Layered(script), default_grammar(), ("en",))
    assert alone.verified(alone.whole(sound), [("left", "en")]) is None


def test_another_network_is_refused():
    session = Says("stop")
    with pytest.raises(KittError, match=f"the acoustic model gives {80 + 7}"):
        Verifier(session, Path("verifier.onnx"), 7)
    session.outputs = (TensorSpec("log_probs", (1, 3), np.dtype(np.float32)),)
    with pytest.raises(KittError, match=r"verifier\.onnx is no verifier"):
        Verifier(session, Path("verifier.onnx"), HIDDEN)


def test_calibrations_are_kept_by_language_and_by_the_names_of_their_features(tmp_path):
    whole = {code: Calibration(0.5, (float(at),) * len(VERIFIED)) for at, code in enumerate(("en", "fr"))}
    save_verified(tmp_path / "both.json", whole)
    assert Calibration.load_verified(tmp_path / "both.json") == whole
    save_verified(tmp_path / "phones.json", {"en": Calibration(0.5, PHONES_ONLY)})
    with pytest.raises(KittError, match="known"):
        Calibration.load_verified(tmp_path / "phones.json")
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(KittError, match=r"list\.json is no calibration"):
        Calibration.load_verified(tmp_path / "list.json")


def test_other_languages_are_judged_by_the_phones(tmp_path):
    second, session = verifier("")
    script = Script().silence(0.8).say("recule", "fr").silence(1.0)
    ears = Recogniser(Layered(script), default_grammar(), ("fr",), verifier=second, verified={"en": Calibration()})
    assert [e.command for e in ears.push(np.zeros(80_000, np.int16)) if isinstance(e, Heard)] == ["back"]
    assert not session.given


def sentence(text: str, llr: float) -> Sentence:
    words = tuple(Spoken(Word(word, "en", 4), 0, 9, llr) for word in text.split())
    return Sentence(default_grammar().understand(text, "en"), Hypothesis(words, llr, 5, 0.0, False))


def utterance(text: str) -> Utterance:
    heard, said = Utterance(), Script().say(text).silence(0.3)
    for row, speech in zip(said.rows, said.speech, strict=True):
        heard.add(gains_of(row), speech, float(row.max()), np.zeros(80 + HIDDEN, np.float32))
    return heard


def test_of_rivals_the_one_that_both_hear_best_is_chosen():
    heard = utterance("left")
    alike, apart = ([sentence("left", -1.0), sentence("right", llr)] for llr in (-3.0, -30.0))
    chosen = {}
    for finds in ("left", "right"):
        judge = Judge({"en": Lexicon.load("en")}, Calibration(), verifier(finds)[0], {"en": BOTH})
        chosen[finds] = [judge.of_commands(found, heard)[0].meaning.command for found in (alike, apart)]
    assert chosen == {"left": ["left", "left"], "right": ["right", "left"]}


def test_for_stop_it_is_enough_that_one_network_is_sure():
    assert listen("stop", "")[0] == ["stop"] and listen("stop", "go")[0] == ["stop"]
    assert listen("yes", "")[0] == []


def test_for_stop_the_phones_alone_have_to_be_surer_than_both_networks():
    def confidence(phones: float, both: float, second: Verifier | None) -> float:
        verified = {"en": Calibration(both, (0.0,) * len(VERIFIED))}
        judge = Judge({"en": Lexicon.load("en")}, Calibration(phones, (0.0,) * len(FEATURES)), second, verified)
        return judge.of_commands([sentence("stop", -1.0)], utterance("stop"))[1]

    second = verifier("")[0]
    least = Settings().threshold_stop
    assert confidence(0.0, -9.0, second) < least < confidence(0.5, -9.0, second)
    assert confidence(-9.0, 0.0, second) == pytest.approx(0.5)
    assert confidence(0.0, -9.0, None) == pytest.approx(0.5)  # it has no one to be surer than
