"""The live table of the demo."""

from __future__ import annotations

from collections import Counter

from rich.console import Group
from rich.table import Table
from rich.text import Text

from kitt_cli.demo.report import RunReport

_SHOWN = ("/camera/camera_info", "/detections", "/tracks", "/cmd_vel", "/odom")


def scanner(at_s: float, width: int = 24) -> Text:
    """KITT's red light, swinging from side to side."""
    phase = at_s % 2.0
    centre = (phase if phase < 1.0 else 2.0 - phase) * (width - 1)
    text = Text()
    for cell in range(width):
        near = abs(cell - centre)
        style = "bright_red" if near < 1 else "red" if near < 2.5 else "grey30"
        text.append("■ " if near < 2.5 else "· ", style=style)
    return text


def render(report: RunReport, rates: dict[str, float], elapsed_s: float) -> Group:
    """What the terminal shows: rates, latencies, what it sees, why it stopped."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    table.add_row("time", f"{elapsed_s:5.1f} s   {report.distance:5.1f} m   {report.speed:4.2f} m/s")
    table.add_row("state", f"{report.state}  {report.reason}")
    table.add_row("gate", f"{report.gate_reason}  {report.gate_message}")
    seen = ", ".join(f"{count} {label}" for label, count in Counter(report.seen_now).most_common())
    table.add_row("sees", seen or "nothing")
    table.add_row("rates", "   ".join(f"{name.rsplit('/', 1)[-1]} {rates.get(name, 0.0):.0f} Hz" for name in _SHOWN))
    table.add_row("to /detections", _milliseconds(report.to_detections.summary()))
    table.add_row("to /cmd_vel", _milliseconds(report.to_cmd_vel.summary()))
    lost = report.frames.lost()
    table.add_row("frames", f"{report.frames.count}, {report.frames.dropped} dropped, {lost or 0} lost")
    stops = "; ".join(f"{stop.at_s:.0f} s {stop.reason}" for stop in report.stops[-4:])
    table.add_row("stops", stops or "none yet")
    table.add_row("said", f"«{report.sayings[-1][1]}»" if report.sayings else "")
    if report.collisions:
        table.add_row("[bold red]collisions", ", ".join(entry["object"] for entry in report.collisions))
    return Group(scanner(elapsed_s), table)


def _milliseconds(summary: dict[str, float | int | None]) -> str:
    if not summary["samples"]:
        return "no sample yet"
    return f"p50 {summary['p50_ms']:.0f} ms   p95 {summary['p95_ms']:.0f} ms   p99 {summary['p99_ms']:.0f} ms"
