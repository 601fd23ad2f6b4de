"""`kitt train text` at work: sees that there is text, runs kitt_learning, writes the robot's files."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kitt_cli.text.parts import LANGUAGES, PARTS, checked
from kitt_inference.errors import KittError

Report = Callable[[dict[str, Any]], None]


def train_part(
    part: str, languages: Sequence[str], corpus: Path | None, out: Path, options: dict[str, Any], report: Report
) -> None:
    """Train a part and export it.

    Raises:
        KittError: an unknown part or language, torch or text is missing, or there is no checkpoint to go on from.
    """
    checked(part, PARTS, "part")
    for language in languages:
        checked(language, LANGUAGES, "language")
    try:
        corpora = importlib.import_module("kitt_learning.text.corpora")
        modules = {
            "completion": "kitt_learning.text.lm_train",
            "correction": "kitt_learning.text.correction",
            "understanding": "kitt_learning.text.understanding_train",
        }
        training = importlib.import_module(modules[part])
    except ImportError as error:
        raise KittError(f"training needs torch ({error})", "`./kitt train text` installs it") from error
    folder = corpus or corpora.default_folder()
    if corpus is None and not all((folder / f"{code}_train.txt").is_file() for code in LANGUAGES):
        corpora.build(folder, lambda line: report({"corpora": line}))
    out.mkdir(parents=True, exist_ok=True)
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:

        def both(line: dict[str, Any]) -> None:
            report(line)
            log.write(json.dumps(line) + "\n")
            log.flush()

        if part == "completion":
            _completion(training, tuple(languages), folder, out, options, both)
        else:
            options.pop("threads")
            training.train(out, progress=lambda line: both(line if isinstance(line, dict) else {"at": line}), **options)


def _completion(
    training: Any, languages: tuple[str, ...], folder: Path, out: Path, options: dict[str, Any], report: Report
) -> None:
    resume = options.pop("resume")
    settings = training.LmSettings(languages, out, corpora=folder, **options)
    trainer = training.LmTrainer(settings, resume)
    trainer.run(report)
    export = importlib.import_module("kitt_learning.text.lm_export")
    name = f"kitt_lm_{'_'.join(languages)}"
    net = training.network(trainer.checkpoint)
    for int8, file in ((False, out / f"{name}.onnx"), (True, out / f"{name}_int8.onnx")):
        export.export(net, file, int8)
        report({"written": str(file)})
    card = export.write_card(out, name)
    if len(languages) == 1:
        report({"followers": _table(languages[0], folder, out)})
        card = export.write_card(out, name)
    report({"written": str(card)})


def _table(language: str, folder: Path, out: Path) -> int:
    """Write the table that stands by a network of one language."""
    from kitt_text.language_model import LanguageModel

    corpora = importlib.import_module("kitt_learning.text.corpora")
    table = importlib.import_module("kitt_learning.text.follower_table")
    (out / "followers.npz").unlink(missing_ok=True)
    found: int = table.build(
        corpora.load(language, "train", folder), LanguageModel.open(str(out.resolve())), out / "followers.npz"
    )
    return found
