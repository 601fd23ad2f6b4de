"""What is drawn to learn from, and how often; what a damaged corpus says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kitt_inference.errors import KittError
from kitt_learning.speech.corpus import HUMAN_SHARE, NATURAL, RAREST, Corpus, noises
from kitt_learning.speech.shards import Shard
from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX
from tone_corpus import about, write_corpus, write_noise


def test_clips_without_words_are_never_drawn(tmp_path: Path) -> None:
    corpus = Corpus([write_corpus(tmp_path / "a", ["", "stop", " ", "go"]), write_noise(tmp_path / "noise")])
    assert {corpus.draw().row.text for _ in range(200)} == {"stop", "go"}


def test_a_corpus_without_words_says_so(tmp_path: Path) -> None:
    for folders in ([], [tmp_path], [write_corpus(tmp_path / "a", ["", "  "])]):
        with pytest.raises(KittError, match=r"no clip with words.*synthesise"):
            Corpus(folders)


def test_a_clip_is_what_was_written(tmp_path: Path) -> None:
    folder, shard = tmp_path / "a", Shard()
    for number, text in enumerate(("stop", "go"), 1):
        shard.add(np.full(number * 100, number, np.int16), **about(text))
    shard.add(np.zeros(0, np.int16), **about("left"))
    shard.write(folder, "a")
    # A row that points past the end of the sound is left out.
    table = folder / "a.csv"
    table.write_text(
        table.read_text() + table.read_text().splitlines()[1].replace("0,100,stop", "250,100,right") + "\n"
    )
    clips = {clip.row.text: clip.samples for clip in Corpus([folder]).people}
    assert {text: (len(samples), set(samples.tolist())) for text, samples in clips.items()} == {
        "stop": (100, {1}), "go": (200, {2}),
    }  # fmt: skip


def test_rare_words_and_people_count(tmp_path: Path) -> None:
    people = write_corpus(tmp_path / "people", ["go"] * 81 + ["stop"])
    made = write_corpus(tmp_path / "made", ["left"] * 200, engine="espeak")
    corpus = Corpus([people, made], seed=3)
    drawn = Counter(corpus.draw().row.text for _ in range(4000))
    human = drawn["go"] + drawn["stop"]
    assert human / 4000 == pytest.approx(HUMAN_SHARE, abs=0.03)
    assert drawn["stop"] / human == pytest.approx(RAREST**-0.5 / (RAREST**-0.5 + 81**0.5), abs=0.03)
    assert Corpus([made]).draw().row.text == "left"


def test_natural_engines_are_drawn_more_often(tmp_path: Path) -> None:
    plain = write_corpus(tmp_path / "plain", ["left"] * 20, engine="espeak")
    natural = write_corpus(tmp_path / "natural", ["right"] * 20, engine="kokoro")
    corpus = Corpus([plain, natural], seed=3)
    drawn = Counter(corpus.draw().row.text for _ in range(2000))
    assert drawn["right"] / 2000 == pytest.approx(NATURAL["kokoro"] / (NATURAL["kokoro"] + 1), abs=0.03)


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "a", ["stop", "go", "left", "turn right"])

    def drawn(seed: int) -> list[tuple[int, list[int]]]:
        corpus = Corpus([folder], seed)
        clips = [corpus.draw() for _ in range(30)]
        return [(clip.row.start, corpus.phones(clip)) for clip in clips]

    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize(
    ("text", "language"),
    [("stop", "en"), ("turn left", "en"), ("stop please", "en"), ("arrête toi", "fr"), ("sí", "es")],
)
def test_phones_are_the_lexicons(tmp_path: Path, text: str, language: str) -> None:
    corpus = Corpus([write_corpus(tmp_path / "a", [text], language=language)])
    possible: set[tuple[int, ...]] = {()}
    for word in text.split():
        said = [tuple(INDEX[phone] for phone in variant) for variant in Lexicon.load(language).pronounce(word)]
        joined = {(before, one) for before in possible for one in said}
        possible = {before + one for before, one in joined}
        possible |= {before + one[1:] for before, one in joined if before and before[-1] == one[0]}
    drawn = Counter(tuple(corpus.phones(corpus.draw())) for _ in range(200))
    assert set(drawn) <= possible
    first = tuple(INDEX[phone] for word in text.split() for phone in Lexicon.load(language).pronounce(word)[0])
    assert drawn[first] > 50


def test_words_that_cannot_be_said_are_named(tmp_path: Path) -> None:
    corpus = Corpus([write_corpus(tmp_path / "a", ["stop"])])
    clip = corpus.draw()
    for column, value in (("text", "stop 3"), ("language", "xx")):
        row = type(clip.row)(**{**clip.row.__dict__, column: value})
        with pytest.raises(KittError, match=f"«{value.split()[-1]}»"):
            corpus.phones(type(clip)(clip.sound, row))


def test_noises_and_rooms_of_several_folders(tmp_path: Path) -> None:
    clips, rooms = noises(
        [write_noise(tmp_path / "a"), write_noise(tmp_path / "b"), write_noise(tmp_path / "c", rooms=0)]
    )
    assert len(clips) == 3 and all(clip.samples.dtype == np.int16 for clip in clips)
    assert rooms.shape == (6, 1600) and rooms.dtype == np.float32
    assert noises([])[1].shape[0] == 0


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_damaged_sound_and_rooms_are_named(tmp_path: Path, content: bytes | None) -> None:
    folder = write_corpus(tmp_path / "spoken", ["stop"])
    sound = folder / "a_000.npy"
    sound.unlink() if content is None else sound.write_bytes(content)
    with pytest.raises(KittError, match=r"a_000 in .*spoken has no sound.*remove"):
        Corpus([folder])
    noise = write_noise(tmp_path / "noise")
    (noise / "rirs.npz").write_bytes(content or b"PK\3\4")
    with pytest.raises(KittError, match=r"rirs\.npz holds no rooms"):
        noises([noise])
