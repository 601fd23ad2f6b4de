"""kitt eval detector on real photographs with the real model."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kitt_cli import main


@pytest.fixture
def photo(monkeypatch):
    """The shared photographs, with the zoo's mirror beside them."""
    places = [Path(os.environ["KITT_DATA"])] if "KITT_DATA" in os.environ else []
    places += [parent / "shared/data" for parent in Path(__file__).resolve().parents]
    for place in places:
        if (place / "photo").is_dir():
            monkeypatch.setenv("KITT_MODEL_MIRROR", str(place / "models"))
            return place / "photo"
    pytest.skip("no shared data: set KITT_DATA to the folder with photo/ and models/")


def kitt(monkeypatch, capfd, *arguments):
    monkeypatch.setattr("sys.argv", ["kitt", "eval", "detector", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main.main()
    captured = capfd.readouterr()
    return stop.value.code or 0, captured.out, [line for line in captured.err.splitlines() if line.strip()]


@pytest.mark.slow
def test_figures_on_signs(monkeypatch, capfd, photo):
    pytest.importorskip("pycocotools")
    options = ["--annotations", photo / "annotations_signs.json", "--images", photo, "--cat-ids", "10,13"]
    status, out, _ = kitt(monkeypatch, capfd, *options, "--model", "picodet_s_416", "--threads", "1", "--json")
    assert status == 0
    figures = json.loads(out)
    assert (figures["model"], figures["images"], figures["category_ids"]) == ("picodet_s_416", 63, [10, 13])
    assert figures["ap"] == pytest.approx(67.7, abs=0.5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--cat-ids": "ten"}, "--cat-ids ten is no list"),
        ({"--annotations": "gone.json"}, "gone.json cannot be read"),
        ({"--images": "/nowhere"}, "is not under /nowhere"),
        ({"--cat-ids": "99"}, "has no category 99"),
    ],
)
def test_slips_are_one_line(monkeypatch, capfd, photo, change, words):
    options = {"--annotations": photo / "annotations_signs.json", "--images": photo, "--model": "picodet_s_416"}
    flat = [word for pair in {**options, **change}.items() for word in pair]
    status, out, errors = kitt(monkeypatch, capfd, *flat, "--json")
    assert (status, out) == (2, "")
    assert words in errors[-1]
