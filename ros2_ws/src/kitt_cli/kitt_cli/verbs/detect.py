"""kitt detect: objects in photographs, folders and videos."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from kitt_inference.detection import Detections, ObjectDetector, annotate
from kitt_inference.errors import KittError
from kitt_inference.pictures import VIDEOS, list_pictures, read_picture, read_video

Array = np.ndarray[Any, Any]


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Photographs, folders of them, videos.")],
    model: Annotated[str, typer.Option(help="auto, a name of `kitt models list`, a card or an ONNX file.")] = "auto",
    backend: Annotated[str, typer.Option(help="auto or a backend's name.")] = "auto",
    score: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Least score; else the card's.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads of the network; 0: the backend's choice.")] = 0,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write annotated copies there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Find objects and show boxes. Faulty files are told in a line each, after the good ones, with exit status 2."""
    run = _Run(model, backend, score, threads, out)
    try:
        for path in paths:
            run.take(path)
    except KittError:
        run.tell_problems()
        raise
    if as_json:
        print(json.dumps(run.report()))
    else:
        run.print_table()
    run.tell_problems()
    if run.problems:
        raise typer.Exit(2)


class _Run:
    """Takes path after path; the model is loaded at the first picture, so a mere slip in a path costs nothing."""

    def __init__(self, model: str, backend: str, score: float | None, threads: int, out: Path | None) -> None:
        self._model, self._backend, self._score, self._threads, self._out = model, backend, score, threads, out
        self._detector: ObjectDetector | None = None
        self._choice = ""
        self._written: set[Path] = set()
        self.results: list[dict[str, Any]] = []
        self.problems: list[KittError] = []

    def take(self, path: Path) -> None:
        """One argument: what is good in it is worked on, what is not is kept as a problem."""
        try:
            if not path.exists():
                raise KittError(f"no file or folder at {path}")
            if path.is_dir():
                for picture in list_pictures(path):
                    self._take_file(picture)
                return
        except KittError as error:
            self.problems.append(error)
            return
        except OSError as error:
            self.problems.append(KittError(f"{path} cannot be read ({error.strerror})"))
            return
        self._take_file(path)

    def _take_file(self, path: Path) -> None:
        try:
            if path.suffix.lower() in VIDEOS:
                self._take_video(path)
            else:
                picture = read_picture(path)
                found, entry = self._detect(path, picture)
                if self._out:
                    entry["annotated"] = str(self._write(path, annotate(picture, found)))
        except KittError as error:
            if self._detector is None and not error.message.startswith(str(path)):
                raise  # the model cannot be had: no path is at fault
            self.problems.append(error)

    def _take_video(self, path: Path) -> None:
        import cv2

        writer, target = None, self._target(path, ".mp4") if self._out else None
        for index, (seconds, frame) in enumerate(read_video(path)):
            found, entry = self._detect(path, frame)
            entry.update(frame=index, time_s=round(seconds, 4))
            if target:
                if writer is None:
                    probe = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
                    rate = probe.get(cv2.CAP_PROP_FPS) or 25.0
                    probe.release()
                    fourcc = cv2.VideoWriter.fourcc(*"mp4v")
                    writer = cv2.VideoWriter(str(target), fourcc, rate, (frame.shape[1], frame.shape[0]))
                    if not writer.isOpened():
                        raise KittError(f"{path}: the annotated copy {target} cannot be written")
                writer.write(annotate(frame, found))
                entry["annotated"] = str(target)
        if writer is not None:
            writer.release()

    def _detect(self, path: Path, picture: Array) -> tuple[Detections, dict[str, Any]]:
        detector = self._open()
        found = detector.detect(picture)
        times = detector.timings
        entry = {
            "path": str(path),
            "width": picture.shape[1],
            "height": picture.shape[0],
            "detections": list(_objects(found)),
            "timings_ms": {
                "preprocess": round(times.preprocess, 3),
                "inference": round(times.inference, 3),
                "postprocess": round(times.postprocess, 3),
            },
        }
        self.results.append(entry)
        return found, entry

    def _open(self) -> ObjectDetector:
        if self._detector is None:
            from kitt_cli.verbs.models import fetch_progress
            from kitt_inference import zoo
            from kitt_inference.session import open_session

            with fetch_progress() as report:
                resolved = zoo.resolve(self._model, report)
            session = open_session(resolved.file, self._backend, self._threads)
            self._choice = resolved.reason
            self._detector = ObjectDetector(resolved.card, session, score=self._score)
        return self._detector

    def _target(self, path: Path, suffix: str) -> Path:
        """Where the annotated copy goes; two files of one name get two copies."""
        assert self._out is not None
        try:
            self._out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KittError(f"{path}: the folder {self._out} cannot be made ({error.strerror})") from error
        target, number = self._out / (path.stem + suffix), 2
        while target in self._written or target.resolve() == path.resolve():
            target, number = self._out / f"{path.stem}_{number}{suffix}", number + 1
        self._written.add(target)
        return target

    def _write(self, path: Path, picture: Array) -> Path:
        import cv2

        suffix = path.suffix.lower()
        target = self._target(path, suffix if suffix in (".jpg", ".jpeg", ".png", ".webp", ".bmp") else ".png")
        if not cv2.imwrite(str(target), picture):
            raise KittError(f"{path}: the annotated copy {target} cannot be written")
        return target

    def tell_problems(self) -> None:
        """A line on standard error for each fault."""
        for error in self.problems:
            typer.echo(f"error: {error}", err=True)

    def report(self) -> dict[str, Any]:
        """What --json prints."""
        detector = self._detector
        return {
            "model": detector.card.name if detector else None,
            "model_sha256": detector.card.sha256 if detector else None,
            "model_reason": self._choice,
            "backend": detector.session.backend if detector else None,
            "backend_reason": detector.session.reason if detector else "",
            "score": detector.score if detector else self._score,
            "results": self.results,
            "problems": [{"message": error.message, "remedy": error.remedy} for error in self.problems],
        }

    def print_table(self) -> None:
        """A row for each object; nothing when there was no picture."""
        from rich.console import Console
        from rich.table import Table

        if self._detector is None:
            return
        console = Console(width=None if sys.stdout.isatty() else 160)
        title = f"{self._detector.card.name} on {self._detector.session.backend} ({self._choice})"
        table = Table("picture", "object", "score", "left", "top", "right", "bottom", title=title)
        for entry in self.results:
            name = entry["path"] + (f" #{entry['frame']}" if "frame" in entry else "")
            for item in entry["detections"]:
                table.add_row(name, item["label"], f"{item['score']:.2f}", *(f"{side:.0f}" for side in item["box"]))
            if not entry["detections"]:
                table.add_row(name, "nothing")
        console.print(table)
        copies = {entry["annotated"] for entry in self.results if "annotated" in entry}
        for copy in sorted(copies):
            console.print(f"annotated: {copy}", soft_wrap=True)


def _objects(found: Detections) -> Iterator[dict[str, Any]]:
    rows = zip(found.labels, found.class_ids, found.scores, found.boxes_xyxy, strict=True)
    for label, class_id, score, box in rows:
        sides = [round(float(side), 3) for side in box]
        yield {"label": label, "class_id": int(class_id), "score": round(float(score), 5), "box": sides}
