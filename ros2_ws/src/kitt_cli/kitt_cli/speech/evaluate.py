"""`kitt eval speech` at work: one report of a recogniser on the user's own recordings."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kitt_cli.bench.statistics import machine
from kitt_cli.speech import hearing, rivals, sound
from kitt_inference.download import sha256_of
from kitt_inference.errors import KittError
from kitt_voice import evaluation as ev
from kitt_voice import evaluation_run as run
from kitt_voice.opening import open_ears
from kitt_voice.recogniser import Recogniser
from kitt_voice.sources.files import read_blocks

Array = np.ndarray[Any, Any]
Keep = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True)
class Plan:
    """What to evaluate, as asked for on the command line. `snrs`: None is clean; `limit`: clips, 0 for all."""

    manifest: Path | None
    streams: tuple[Path, ...] = ()
    grammar: Path | None = None
    languages: str = "en,fr,es"
    noises: tuple[Path, ...] = ()
    snrs: tuple[float | None, ...] = (None,)
    with_rivals: bool = False
    limit: int = 0
    seed: int = 0
    model: str = "auto"
    int8: bool | None = None
    keep: Keep | None = None


@dataclass
class _Report:
    """The parts of the report as they come."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[KittError] = field(default_factory=list)

    def clips(self, result: run.Clips) -> dict[str, Any]:
        known = {error.message for error in self.problems}
        self.problems += [error for error in result.problems if error.message not in known]
        return ev.figures(result.outcomes)


def evaluate(plan: Plan, tell: run.Progress) -> tuple[dict[str, Any], list[KittError]]:
    """The report for --json, and the faulty files.

    Raises:
        KittError: no model, a wrong manifest or grammar, rivals that are not installed.
    """
    if plan.manifest is None and not plan.streams:
        raise KittError("there is nothing to evaluate", "give --manifest, --stream or both")
    if plan.with_rivals and not rivals.installed():
        raise KittError("the rivals are not installed", "`kitt eval rivals` fetches them with pip")
    opened = open_ears(plan.model, plan.int8, str(plan.grammar or ""), plan.languages)
    ears = hearing.CommandsOnly(opened.recogniser)
    clips = ev.read_manifest(plan.manifest, opened.grammar, plan.keep) if plan.manifest else []
    clips = _sample(clips, plan.limit, plan.seed)
    noises = tuple(sound.read_clip(ev.Clip(path, "", "")) for path in plan.noises)
    report = _Report()
    report.values = {
        "model": opened.model.name, "model_sha256": opened.model.sha256, "settings": asdict(opened.settings),
        "grammar": str(plan.grammar) if plan.grammar else "packaged", "languages": list(opened.languages),
        "machine": machine(), "command_line": " ".join(sys.argv), "seed": plan.seed,
        "manifest": str(plan.manifest) if plan.manifest else None,
        "manifest_sha256": sha256_of(plan.manifest) if plan.manifest else None,
        "clips": len(clips), "clips_with_command": sum(bool(clip.meaning) for clip in clips),
        "speakers": len({clip.speaker for clip in clips if clip.speaker}),
    }  # fmt: skip
    if clips:
        _offline(report, clips, opened.recogniser, plan, tell)
        _streaming(report, clips, ears, plan, noises, tell)
    report.values["streams"] = _streams(report, plan.streams, ears, tell)
    report.values["problems"] = [{"message": e.message, "remedy": e.remedy} for e in report.problems]
    return report.values, report.problems


def keep_split(split: str) -> Keep | None:
    """Which rows of a manifest belong to a split by speakers, None for all.

    Raises:
        KittError: there is no such split.
    """
    if split == "all":
        return None
    if split not in ev.SPLITS:
        raise KittError(f"--split {split} is not known", f"there are all, {', '.join(ev.SPLITS)}")
    return lambda row: ev.split_of(row.get("speaker", ""), row.get("licence", "")) == split


def _sample(clips: Sequence[ev.Clip], limit: int, seed: int) -> list[ev.Clip]:
    """At most `limit` clips, drawn by the seed."""
    if not limit or limit >= len(clips):
        return list(clips)
    return random.Random(seed).sample(list(clips), limit)


def _offline(report: _Report, clips: Sequence[ev.Clip], recogniser: Recogniser, plan: Plan, tell: run.Progress) -> None:
    """Which of the manifest's words: ours on all clips, and beside the rivals on those of their language."""
    result = run.offline(clips, hearing.ByWords(recogniser), sound.read_clip, tell)
    report.values["offline"] = report.clips(result)
    if not plan.with_rivals:
        return
    common = [clip for clip in clips if clip.language == rivals.LANGUAGE]
    words = sorted(run.vocabulary(common).get(rivals.LANGUAGE, {}))
    if not words:
        report.values["rivals"] = {"note": f"no clip of a command in {rivals.LANGUAGE}: the rivals know no other"}
        return
    ours = ev.figures([o for o in result.outcomes if o.clip.language == rivals.LANGUAGE])
    table: dict[str, Any] = {"kitt": {"name": f"KITT's {report.values['model']}", **ours}}
    with ExitStack() as stack:
        for name in rivals.OF_WORDS:
            rival = stack.enter_context(rivals.Rival(name, words))
            heard = run.offline(common, rival.classify, sound.read_clip, tell, rival.about.split(",")[0])
            spent = float(np.median(rival.spent_ms)) if rival.spent_ms else None
            table[name] = {"name": rival.about, **report.clips(heard), "median_ms_per_clip": spent}
    report.values["rivals"] = table


def _streaming(
    report: _Report, clips: Sequence[ev.Clip], ears: run.Ears, plan: Plan, noises: tuple[Array, ...], tell: run.Progress
) -> None:
    """Clips within their own background, clean and with noise; false accepts on clips without a command."""
    table = []
    for snr in plan.snrs:
        noise = run.Noise(snr, noises, plan.seed)
        name = "clean" if snr is None else f"{snr:g} dB"
        result = run.stream(clips, ears, sound.read_clip, noise, tell, f"streaming, {name}")
        figures = report.clips(result)
        silent = {"clips": result.silent_clips, **ev.per_hour(result.false_accepts, result.silent_s)}
        if snr == plan.snrs[0]:
            report.values["streaming"] = {"snr": name, **figures}
            report.values["false_accepts_on_clips"] = silent
        keys = ("count", "correct", "wrong", "missed", "accuracy", "macro_accuracy")
        row = {"snr": name, **{key: figures[key] for key in keys}, "latency": figures["latency"]}
        table.append({**row, "false_accepts": silent["events"], "false_accept_clips": silent["clips"]})
    report.values["noise"] = {"from": [str(path) for path in plan.noises] or "pink", "table": table}


def _streams(report: _Report, paths: Sequence[Path], ears: run.Ears, tell: run.Progress) -> dict[str, Any]:
    """False accepts on long recordings, all together and each."""
    found: list[ev.FalseAccept] = []
    files, total_s = [], 0.0
    for path in sound.recordings(paths, lambda _path, error: report.problems.append(error)):
        try:
            blocks = read_blocks(path, on_warning=lambda line: report.problems.append(KittError(line)))
            events, seconds = run.long_recording(path, ears, blocks, tell)
        except KittError as error:
            report.problems.append(error)
            continue
        found, total_s = found + events, total_s + seconds
        files.append({"file": str(path), "seconds": round(seconds, 2), "events": len(events)})
    return {**ev.per_hour(found, total_s), "files": files}
