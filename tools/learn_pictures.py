"""Draw the pictures of docs/learn anew: what `kitt explain` shows of a frame of the street, two recordings, a text.

./kitt setup && .kitt/venv/bin/python tools/learn_pictures.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(folder.parent) for folder in (ROOT / "ros2_ws" / "src").glob("*/package.xml")]
os.environ.setdefault("KITT_ROOT", str(ROOT))

from kitt_cli.demo.script import FOLDER  # noqa: E402
from kitt_cli.speech.sound import read_all  # noqa: E402
from kitt_console.inside.figures import Figure, Section  # noqa: E402
from kitt_console.inside.looks import Looks  # noqa: E402
from kitt_inference.pictures import read_picture  # noqa: E402

OUT = ROOT / "docs" / "learn" / "pictures"
WANTED = {
    "see": ("found", "filters", "maps", "pooling", "stage0", "stage2", "stage4"),
    "hear": ("mel", "odds", "layer3-i", "layer3-f", "layer3-c", "layer3-h", "cell"),
    "read": ("next", "surprise", "text-c"),
}


def main() -> None:
    """Write the pictures."""
    looks = Looks()
    frame = read_picture(ROOT / "models" / "frames" / "03.jpg")
    recording = read_all(FOLDER / "start_driving.flac", sys.exit)
    found: dict[str, list[Section]] = {
        "see": looks.picture(frame, "picodet_s_416"),
        "hear": looks.sound(recording),
        "read": looks.text("turn left at the", "en"),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    for prefix, sections in found.items():
        figures = {part.name: part for section in sections for part in section.parts if isinstance(part, Figure)}
        for name in WANTED[prefix]:
            (OUT / f"{prefix}-{name}.{figures[name].kind}").write_bytes(figures[name].data)


if __name__ == "__main__":
    main()
