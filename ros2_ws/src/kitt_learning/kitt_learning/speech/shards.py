"""Speech on disk: shards of one int16 .npy (clips one after the other, 16 kHz mono) and one .csv that tells them apart.

The .csv is written last, under a temporary name, and renamed: where it exists the shard is whole.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kitt_inference.errors import KittError

SAMPLE_RATE = 16_000
MISTAKEN = "mistaken"
"""The kind of clips that `mistaken` cuts out: no commands, though they were taken for one."""
Clip = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Row:
    """One clip of a shard: `start` and `length` in samples."""

    start: int
    length: int
    text: str
    language: str
    engine: str
    voice: str
    kind: str
    source: str = ""
    licence: str = ""


@dataclass
class Shard:
    """Gathers clips; `write` puts them on disk."""

    clips: list[Clip] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    samples: int = 0

    def add(self, clip: Clip, **about: str) -> None:
        """Append a clip, with the text columns of `Row`."""
        self.rows.append(Row(self.samples, len(clip), **about))
        self.clips.append(clip)
        self.samples += len(clip)

    def write(self, folder: Path, name: str) -> None:
        """Write `name`.npy and `name`.csv into `folder`; an empty shard writes nothing."""
        if not self.rows:
            return
        folder.mkdir(parents=True, exist_ok=True)
        sound, table = folder / f".{name}.npy.part", folder / f".{name}.csv.part"
        with sound.open("wb") as out:
            np.save(out, np.concatenate(self.clips))
        with table.open("w", newline="", encoding="utf-8") as text:
            writer = csv.DictWriter(text, list(asdict(self.rows[0])))
            writer.writeheader()
            writer.writerows(asdict(row) for row in self.rows)
        os.replace(sound, folder / f"{name}.npy")
        os.replace(table, folder / f"{name}.csv")


def rows(folder: Path) -> list[Row]:
    """The rows of all whole shards of a folder (starts count within each shard)."""
    return [row for path in sorted(folder.glob("*.csv")) for row in rows_of(path)]


def rows_of(table: Path) -> list[Row]:
    """The rows of one shard's table.

    Raises:
        KittError: it cannot be read or lacks a column.
    """
    try:
        with table.open(newline="", encoding="utf-8") as text:
            return [
                Row(int(r.pop("start")), int(r.pop("length")), **{str(k): v for k, v in r.items()})
                for r in csv.DictReader(text)
            ]
    except (OSError, TypeError, KeyError, ValueError) as error:
        raise KittError(f"{table.name} is no table of clips: {error}", "remove it and make it anew") from error


def summarise(folder: Path, dropped: Mapping[str, int] | None = None) -> dict[str, object]:
    """Clips and hours by language, engine and kind of a folder's shards; also written to its summary.json."""
    clips: Counter[str] = Counter()
    samples: Counter[str] = Counter()
    for row in rows(folder):
        for key in ("all", f"{row.language} {row.engine}", f"{row.language} all", f"kind {row.kind}"):
            clips[key] += 1
            samples[key] += row.length
    table = {k: {"clips": clips[k], "hours": round(samples[k] / SAMPLE_RATE / 3600, 3)} for k in sorted(clips)}
    summary: dict[str, object] = {"totals": table, "dropped": dict(dropped or {})}
    part = folder / ".summary.json.part"
    part.write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(part, folder / "summary.json")
    return summary


def trim(
    samples: npt.NDArray[np.float32], rng: np.random.Generator, threshold_db: float = -50.0
) -> npt.NDArray[np.float32]:
    """Without the silence around the sound, but 50 to 150 ms of it (padded with zeros where there is less)."""
    frame = SAMPLE_RATE // 100
    count = len(samples) // frame
    if not count:
        return samples[:0]
    level = np.sqrt(np.mean(samples[: count * frame].reshape(count, frame) ** 2, axis=1))
    loud = np.flatnonzero(level > level.max() * 10 ** (threshold_db / 20))
    if not loud.size or level.max() <= 0:
        return samples[:0]
    before, after = (int(rng.uniform(0.05, 0.15) * SAMPLE_RATE) for _ in range(2))
    begin, end = loud[0] * frame - before, (loud[-1] + 1) * frame + after
    inside = samples[max(0, begin) : min(len(samples), end)]
    return np.pad(inside, (max(0, -begin), max(0, end - len(samples)))).astype(np.float32)


def to_int16(samples: npt.NDArray[np.float32]) -> Clip:
    """Samples within -1 and 1 as 16 bit, clipped."""
    return np.clip(np.round(samples * 32767), -32768, 32767).astype(np.int16)


def table(summary: Mapping[str, object]) -> Iterable[str]:
    """The lines of a summary, for people."""
    totals = summary["totals"]
    if isinstance(totals, dict):
        for key, value in totals.items():
            yield f"{key:24} {value['clips']:7d} clips {value['hours']:8.2f} h"
