"""kitt listen: spoken commands in recordings or from the microphone."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from kitt_inference.errors import KittError


def command(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Recordings, folders of them.")
    ] = None,
    mic: Annotated[
        str | None, typer.Option("--mic", metavar="DEVICE", help="Listen live: a device's name or number, or default.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Languages to listen for.")] = "en,fr,es",
    grammar: Annotated[Path | None, typer.Option(metavar="FILE", help="Further phrases; else the user's own.")] = None,
    wake_word: Annotated[bool, typer.Option("--wake-word", help="Commands count only after «KITT».")] = False,
    model: Annotated[str, typer.Option(help="auto, a folder of models/ or a card.")] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output; with --mic a line a command.")
    ] = False,
) -> None:
    """Hear the commands of the grammar, with times and confidence. Faulty files: a line each, and exit status 2."""
    if bool(paths) == (mic is not None):
        raise KittError("give recordings or --mic, one of them", "kitt listen file.wav, kitt listen --mic default")
    from kitt_cli.speech import sound
    from kitt_cli.speech.listening import Listening
    from kitt_cli.speech.microphone import live
    from kitt_voice.opening import open_ears
    from kitt_voice.settings import Settings
    from kitt_voice.sources.files import read_blocks

    ears = open_ears(model, grammar=str(grammar or ""), languages=lang, settings=Settings(wake_word=wake_word))
    run = Listening(ears.recogniser, as_json, json_lines=as_json and mic is not None)
    interrupted = False
    try:
        with run:
            if mic is not None:
                run.take_microphone(mic, live(mic, lambda line: typer.echo(line, err=True)))
            for path in sound.recordings(paths or [], run.problem):
                run.take_file(path, read_blocks(path, on_warning=partial(run.warning, path)))
    except KeyboardInterrupt:
        interrupted = True
    if as_json and mic is None:
        print(json.dumps({"model_sha256": ears.model.sha256, "results": run.results, "errors": run.errors}))
    run.tell_problems()
    if interrupted and mic is None:
        raise typer.Exit(130)
    if run.errors:
        raise typer.Exit(2)
