"""One language model for all languages or one for each: both trained alike and measured on the same words.

``python -m kitt_learning.text.one_or_each --out DIR [--steps N] [--words N]`` trains a network of each language, and
one of all with as many steps as those together, on equally much text of each language; all have the same size. An
interrupted run goes on. The figures are those of the networks in 8 bits without a table, on the corpora's test part.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kitt_inference.errors import KittError
from kitt_inference.session import open_session
from kitt_learning.program import program
from kitt_learning.text import corpora, lm_export
from kitt_learning.text.evaluate_completion import next_words
from kitt_learning.text.lm_network import Shape
from kitt_learning.text.lm_train import LmSettings, LmTrainer, network
from kitt_text.language_model import LanguageModel
from kitt_text.pieces import Pieces

Report = Callable[[dict[str, Any]], None]


def compare(
    out: Path,
    steps: int,
    words: int,
    report: Report,
    shape: Shape,
    folder: Path | None = None,
) -> dict[str, dict[str, dict[str, float]]]:
    """Train what is not trained yet, and measure.

    Args:
        out: where the networks go, a folder each.
        steps: of a network of one language; that of all has as many for each.
        words: to learn from, of each language.
        shape: of all networks.
        folder: of the corpora.

    Returns:
        Figures (see `next_words`) by language and by «each» and «one».

    Raises:
        KittError: there is nothing to train for, the corpora are missing, or a checkpoint is damaged.
    """
    if min(steps, words) < 1:
        raise KittError(f"{steps} steps on {words} words teach nothing", "give one or more of each")
    runs = {language: (language,) for language in corpora.LANGUAGES} | {"one": corpora.LANGUAGES}
    for name, languages in runs.items():
        settings = LmSettings(languages, out / name, 0.0, shape, folder, steps=steps * len(languages), words=words)
        trainer = LmTrainer(settings, resume=(out / name / "checkpoint.pt").is_file())
        trainer.run(lambda line, name=name: report({"run": name, **line}))  # type: ignore[misc]
        lm_export.export(network(trainer.checkpoint), out / name / "int8.onnx")
    found: dict[str, dict[str, dict[str, float]]] = {}
    for language in corpora.LANGUAGES:
        lines = corpora.load(language, "test", folder)
        found[language] = {
            kind: next_words(_model(out / name, language), lines) for kind, name in (("each", language), ("one", "one"))
        }
        report({"language": language, **found[language]})
    return found


def _model(folder: Path, language: str) -> LanguageModel:
    """A trained network as the robot runs it, without a table; capitals do not count here."""
    file = folder / "int8.onnx"
    session = open_session(file, "onnxruntime", threads=1)
    return LanguageModel(session, Pieces(folder / "pieces.model"), file, language, {})


def _line(values: dict[str, Any]) -> None:
    print(json.dumps(values), flush=True)


@program
def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=400, help="of a network of one language")
    parser.add_argument("--words", type=int, default=1_000_000, help="to learn from, of each language")
    arguments = parser.parse_args()
    found = compare(arguments.out, arguments.steps, arguments.words, _line, Shape())
    _line(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
