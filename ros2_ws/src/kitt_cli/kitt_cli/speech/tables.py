"""The report of `kitt eval speech` as tables."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def show(report: dict[str, Any], console: Console) -> None:
    """Print what the report holds; what was not asked for is left out."""
    console.print(f"{report['model']} {report['model_sha256'][:12]}, grammar {report['grammar']}", highlight=False)
    console.print(f"{report['machine']['processor']}; {report['command_line']}", highlight=False, soft_wrap=True)
    for name, title in (("offline", "which of the words"), ("streaming", "as the car hears")):
        if name in report and report[name]["count"]:
            _overview(console, title, report[name])
    if report.get("streaming", {}).get("count"):
        _words(console, report["streaming"])
    if len(report.get("noise", {}).get("table", ())) > 1:
        _noise(console, report["noise"])
    if "rivals" in report:
        _rivals(console, report["rivals"])
    for name, title in (("false_accepts_on_clips", "clips without a command"), ("streams", "long recordings")):
        if report.get(name, {}).get("hours"):
            _false_accepts(console, title, report[name])


def percent(value: float | None) -> str:
    """0.9512 as 95.1 %."""
    return "" if value is None else f"{100 * value:.1f} %"


def _overview(console: Console, title: str, figures: dict[str, Any]) -> None:
    table = Table("language", "clips", "correct", "wrong", "missed", "accuracy", "macro average", title=title)
    rows = {**figures["languages"], "all": figures}
    for language, row in rows.items():
        counts = (str(row[key]) for key in ("count", "correct", "wrong", "missed"))
        table.add_row(language or "none", *counts, percent(row["accuracy"]), percent(row["macro_accuracy"]))
    console.print(table)
    late = figures["latency"]
    if late["count"]:
        console.print(
            f"from the word's end to the event: p50 {late['p50_ms']:.0f} ms, p95 {late['p95_ms']:.0f} ms, "
            f"{late['count']} events",
            highlight=False,
        )


def _words(console: Console, figures: dict[str, Any]) -> None:
    table = Table("language", "word", "clips", "accuracy", "missed", "heard instead", title="by word, as the car hears")
    for row in figures["words"]:
        heard = ", ".join(f"{meaning} {count}" for meaning, count in row["heard"].items())
        figures_ = (str(row["count"]), percent(row["accuracy"]), str(row["missed"]))
        table.add_row(row["language"], row["word"], *figures_, heard)
    console.print(table)


def _noise(console: Console, noise: dict[str, Any]) -> None:
    source = noise["from"] if isinstance(noise["from"], str) else f"{len(noise['from'])} recordings"
    table = Table(
        "noise", "clips", "accuracy", "macro average", "wrong", "missed", "p95, ms", "false accepts",
        title=f"under noise ({source})",
    )  # fmt: skip
    for row in noise["table"]:
        figures = (percent(row["accuracy"]), percent(row["macro_accuracy"]), str(row["wrong"]), str(row["missed"]))
        false = f"{row['false_accepts']} on {row['false_accept_clips']} clips"
        table.add_row(row["snr"], str(row["count"]), *figures, str(row["latency"].get("p95_ms", "")), false)
    console.print(table)


def _rivals(console: Console, rivals: dict[str, Any]) -> None:
    if "note" in rivals:
        console.print(rivals["note"])
        return
    table = Table("", "clips", "accuracy", "macro average", "ms a clip", title="which of the words: the same files")
    for row in rivals.values():
        spent = row.get("median_ms_per_clip")
        figures = (percent(row["accuracy"]), percent(row["macro_accuracy"]))
        table.add_row(row["name"], str(row["count"]), *figures, "" if spent is None else f"{spent:.0f}")
    console.print(table)


def _false_accepts(console: Console, title: str, figures: dict[str, Any]) -> None:
    head = f"{figures['events']} in {figures['hours']:.2f} h, {figures['per_hour']:.2f} an hour"
    table = Table("file", "at, s", "command", "text", "confidence", "said", title=f"false accepts, {title}: {head}")
    for event in figures["triggers"]:
        figures_ = (f"{event['at_s']:.2f}", event["command"], event["text"], f"{event['confidence']:.2f}")
        table.add_row(event["file"], *figures_, event["label"])
    console.print(table)
