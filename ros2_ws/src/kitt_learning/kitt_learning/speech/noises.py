"""Noises and room responses: ``python -m kitt_learning.speech.noises --out DIR [--sounds DIR ...] [--speech DIR]``.

Writes ``noise`` (to train on) and ``noise_test`` below `--out`: coloured noise, sound files of packages (a file is
either in the one or in the other), babble of many voices, and ``noise/rirs.npz`` with room impulse responses. With
--people DIR it writes ``noise_people`` alone: what is heard while those people do not speak. Where one language was
recorded by people and the others are mostly made, a network may tell them apart by that.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kitt_inference.errors import KittError
from kitt_learning.program import program
from kitt_learning.speech import human, shards
from kitt_learning.speech.corpus import clips_of
from kitt_learning.speech.mixing import active
from kitt_learning.speech.motor import motor_noise

Samples = npt.NDArray[np.float32]

PIECE_S = 30.0
SHORTEST_S = 0.15
FILE_S = 150.0
"""So much of a long file (music) is taken."""
COLOURS = {"white": 0.0, "pinkish": 0.5, "pink": 1.0, "brownish": 1.5, "brown": 2.0, "blue": -1.0}
"""Exponent b of a power spectrum 1 / f^b."""
SUFFIXES = (".wav", ".ogg", ".flac", ".mp3")
PEAK = 0.6
RIRS = 300
BACKGROUNDS, BACKGROUND_S = 600, 9.0
"""How many recordings' backgrounds are kept, and how long each is made: longer than a stream that is learnt from."""
LEAST_PAUSE, FADE, LEAST_BACKGROUND = 3200, 320, 8.0
"""Samples of the shortest pause that shows what there is to hear and of a fade, and the least peak: digital silence is
no background."""
SPEED_OF_SOUND = 343.0


def coloured(exponent: float, seconds: float, rng: np.random.Generator) -> Samples:
    """Gaussian noise with power spectrum 1 / f^exponent above 20 Hz; peak `PEAK`."""
    count = int(seconds * shards.SAMPLE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / shards.SAMPLE_RATE), 20.0)
    return _levelled(np.fft.irfft(spectrum / hertz ** (exponent / 2), count))


def wandering(samples: Samples, rng: np.random.Generator) -> Samples:
    """Noise whose level rises and falls over seconds, as of wind or passing cars."""
    knots = rng.uniform(-18, 0, max(3, int(len(samples) / shards.SAMPLE_RATE / 1.5)))
    level = np.interp(np.linspace(0, 1, len(samples)), np.linspace(0, 1, len(knots)), knots)
    return _levelled(samples * 10 ** (level / 20))


def hum(seconds: float, rng: np.random.Generator) -> Samples:
    """Mains or a motor: harmonics of a base frequency that drifts, over some broadband noise."""
    count = int(seconds * shards.SAMPLE_RATE)
    base = rng.choice([50.0, 60.0, rng.uniform(70, 400)])
    drift = np.cumsum(rng.standard_normal(count // 1600 + 2)) * (0.0 if base in (50.0, 60.0) else 0.02 * base)
    frequency = base + np.interp(np.arange(count), np.arange(len(drift)) * 1600, drift)
    phase = 2 * np.pi * np.cumsum(np.maximum(frequency, 20.0)) / shards.SAMPLE_RATE
    wave = sum(rng.uniform(0, 1) / k * np.sin(k * phase) for k in range(1, 12))
    return _levelled(np.asarray(wave) + rng.uniform(0.02, 0.3) * coloured(1.0, seconds, rng)[:count])


def driving(seconds: float, rng: np.random.Generator) -> Samples:
    """The car's own motor at speeds that change every few seconds; another motor each time."""
    count = int(seconds * shards.SAMPLE_RATE)
    knots = rng.uniform(0.1, 2.0, max(3, int(seconds / 2.5)))
    speed = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(knots)), knots)
    return _levelled(motor_noise(speed, shards.SAMPLE_RATE, int(rng.integers(2**31))))


def babble(clips: list[shards.Clip], seconds: float, voices: int, rng: np.random.Generator) -> Samples:
    """Several voices at once, each clips one after another."""
    count = int(seconds * shards.SAMPLE_RATE)
    total = np.zeros(count, np.float32)
    for _ in range(voices):
        at = 0
        while at < count:
            clip = clips[int(rng.integers(len(clips)))].astype(np.float32)
            clip *= 10 ** (rng.uniform(-10, 0) / 20) / max(float(np.abs(clip).max()), 1.0)
            piece = clip[: count - at]
            total[at : at + len(piece)] += piece
            at += len(piece) + int(rng.uniform(0, 0.5) * shards.SAMPLE_RATE)
    return _levelled(total)


def room(rng: np.random.Generator, longest_s: float = 0.5) -> Samples:
    """An impulse response of a shoebox room: image sources to the third order, then a decaying tail.

    Walls absorb alike at all frequencies; J. Allen and D. Berkley, "Image method for efficiently simulating
    small-room acoustics", JASA 65 (1979). Begins with the direct sound, energy 1.
    """
    size = rng.uniform([2.0, 2.0, 2.2], [9.0, 7.0, 4.0])
    source, microphone = (rng.uniform(0.2, size - 0.2) for _ in range(2))
    reflection = np.sqrt(1 - rng.uniform(0.15, 0.7))
    count = int(longest_s * shards.SAMPLE_RATE)
    response = np.zeros(count, np.float64)
    steps = np.arange(-3, 4)
    cells = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
    cells = cells[np.abs(cells).sum(1) <= 3]
    images = np.where(cells % 2 == 0, cells * size + source, (cells + 1) * size - source)
    distances = np.maximum(np.linalg.norm(images - microphone, axis=1), 0.1)
    nearest = float(distances[np.abs(cells).sum(1) == 0][0])
    at = np.round((distances - nearest) / SPEED_OF_SOUND * shards.SAMPLE_RATE).astype(int)
    inside = (at >= 0) & (at < count)
    np.add.at(response, at[inside], (reflection ** np.abs(cells).sum(1) * nearest / distances)[inside])
    # Sabine's reverberation time gives the tail's decay.
    volume, area = float(size.prod()), 2 * float(size[0] * size[1] + size[1] * size[2] + size[0] * size[2])
    rt60 = float(np.clip(0.161 * volume / (area * (1 - reflection**2)), 0.08, 1.2))
    time = np.arange(count) / shards.SAMPLE_RATE
    start = 3 * float(size.mean()) / SPEED_OF_SOUND
    tail = rng.standard_normal(count) * 10 ** (-3 * time / rt60) * (time > start)
    response += tail * 0.25 * nearest / float(size.mean()) * np.sqrt(1 - 0.5 * (1 - reflection))
    return (response / np.sqrt(np.sum(response**2))).astype(np.float32)


def files(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """(sound file, "train" or "test") below folders; speech and far too small files are left out by their path."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES and "codriver" not in path.parts:
                number = int(hashlib.sha1(path.name.encode()).hexdigest(), 16) % 4
                yield path, "test" if number == 0 else "train"


def backgrounds(folder: Path, seed: int) -> Iterator[tuple[Samples, str]]:
    """(noise of `BACKGROUND_S`, voice) of people's recordings: each one's pauses, in a chance order, faded together.

    Raises:
        KittError: a shard is damaged.
    """
    rng, ramp = np.random.default_rng([seed, 3]), np.linspace(0, 1, FADE, dtype=np.float32)
    for clip in clips_of(folder):
        samples = clip.samples.astype(np.float32)
        silent = np.flatnonzero(np.diff(np.pad(~active(samples), 1).astype(np.int8)))
        pauses = [samples[a:b] for a, b in silent.reshape(-1, 2) if b - a >= LEAST_PAUSE]
        pauses = [pause for pause in pauses if float(np.abs(pause).max()) >= LEAST_BACKGROUND]
        if clip.row.engine != "human" or not pauses:
            continue
        total = pauses[0][:0]
        while len(total) < BACKGROUND_S * shards.SAMPLE_RATE:
            pause = pauses[rng.integers(len(pauses))]
            if len(total):
                seam = total[-FADE:] * ramp[::-1] + pause[:FADE] * ramp
                total = np.concatenate((total[:-FADE], seam, pause[FADE:]))
            else:
                total = pause
        yield total, clip.row.voice


def _levelled(samples: npt.NDArray[np.floating]) -> Samples:
    peak = float(np.abs(samples).max()) if samples.size else 0.0
    return (samples * (PEAK / peak if peak > 0 else 0.0)).astype(np.float32)


def _add(shard: shards.Shard, samples: Samples, name: str, source: str) -> None:
    """Cut into pieces; short sounds are repeated to a second."""
    if len(samples) < SHORTEST_S * shards.SAMPLE_RATE or float(np.abs(samples).max()) == 0:
        return
    if len(samples) < shards.SAMPLE_RATE:
        samples = np.tile(samples, -(-shards.SAMPLE_RATE // len(samples)))
    step = int(PIECE_S * shards.SAMPLE_RATE)
    for start in range(0, len(samples), step):
        piece = shards.to_int16(samples[start : start + step])
        shard.add(piece, text="", language="", engine="noise", voice=name, kind="noise", source=source)


def make(out: Path, folders: Sequence[Path], speech: Path | None, hours: float, seed: int) -> None:
    """Write both folders; `hours` of made noise for training, a third of it for testing, beside the files."""
    for split, folder, made_s in (("train", "noise", hours * 3600), ("test", "noise_test", hours * 1200)):
        rng = np.random.default_rng([seed, split == "test"])
        shard = shards.Shard()
        clips = _clips(speech, rng) if speech else []
        for number in range(int(made_s / PIECE_S)):
            kind = number % (5 if clips else 4)
            name = str(rng.choice(list(COLOURS)))
            noise = coloured(COLOURS[name], PIECE_S, rng)
            if kind == 1:
                name, noise = f"wandering {name}", wandering(noise, rng)
            elif kind == 2:
                name, noise = "hum", hum(PIECE_S, rng)
            elif kind == 3:
                name, noise = "motor", driving(PIECE_S, rng)
            elif kind == 4:
                voices = int(rng.integers(4, 12))
                name, noise = f"babble {voices}", babble(clips, PIECE_S, voices, rng)
            _add(shard, noise, name, "made")
        shard.write(out / folder, f"made_{split}")
        shard = shards.Shard()
        for path, where in files(folders):
            if where != split:
                continue
            try:
                _add(
                    shard,
                    _levelled(human.read(path)[: int(FILE_S * shards.SAMPLE_RATE)].astype(np.float32)),
                    path.stem,
                    path.parent.name,
                )
            except KittError as error:
                print(error, file=sys.stderr)
        shard.write(out / folder, f"files_{split}")
    rng = np.random.default_rng([seed, 2])
    np.savez(out / "noise" / "rirs.npz", rirs=np.stack([room(rng) for _ in range(RIRS)]))


def make_backgrounds(out: Path, people: Path, count: int, seed: int) -> None:
    """Write `noise_people` below `out`: the backgrounds of so many recordings."""
    shard, found = shards.Shard(), list(backgrounds(people, seed))
    for at in np.random.default_rng(seed).permutation(len(found))[:count]:
        _add(shard, _levelled(found[at][0]), found[at][1], "people")
    shard.write(out / "noise_people", "people")


def _clips(folder: Path, rng: np.random.Generator) -> list[shards.Clip]:
    """Some of the clips of a folder's first shard."""
    table = next(iter(sorted(folder.glob("*.csv"))), None)
    if table is None:
        raise KittError(f"no shards in {folder.name}", "make speech first, or leave --speech out")
    sound = np.load(table.with_suffix(".npy"), mmap_mode="r")
    rows = [row for row in shards.rows_of(table) if row.length > shards.SAMPLE_RATE // 2]
    chosen = rng.permutation(len(rows))[:400]
    return [np.array(sound[rows[i].start : rows[i].start + rows[i].length]) for i in chosen]


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit status 0, or 1 for a failure with a remedy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sounds", type=Path, action="append", default=[], help="folder of sound files (repeatable)")
    parser.add_argument("--speech", type=Path, default=None, help="folder of speech shards, for babble")
    parser.add_argument("--people", type=Path, default=None, help="folder of people's shards, for noise_people alone")
    parser.add_argument("--hours", type=float, default=1.5, help="hours of made noise")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    if chosen.people:
        make_backgrounds(chosen.out, chosen.people, BACKGROUNDS, chosen.seed)
    else:
        make(chosen.out, chosen.sounds, chosen.speech, chosen.hours, chosen.seed)
    for folder in ("noise_people",) if chosen.people else ("noise", "noise_test"):
        print(folder, *shards.table(shards.summarise(chosen.out / folder)), sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
