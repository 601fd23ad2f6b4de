"""Cards: a fault names the card and the field."""

from __future__ import annotations

import pytest

from kitt_inference import zoo
from kitt_inference.card import load_card
from kitt_inference.detection.heads import HEADS
from kitt_inference.errors import KittError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no front matter", "has no YAML front matter"),
        ("---\n: [\n---\n", "is no YAML"),
        ("---\n- a\n---\n", "is no mapping"),
        ("---\nname: a\n---\n", "input is missing"),
        ("---\nname: a\ntask: juggling\n---\n", "task is 'juggling'"),
        ("---\nname: a\nlabels: [x]\nhead: {type: t}\ninput: {size: [4]}\n---\n", "input.size is [4]"),
        ("---\nname: a\nlabels: [x]\nhead: {type: t}\ninput: {size: [4, 0]}\n---\n", "input.size is [4, 0]"),
        (
            "---\nname: a\nlabels: [x]\nhead: {type: t}\ninput: {size: [4, 4], colour: red}\n---\n",
            "input.colour is 'red'",
        ),
        ("---\nname: a\nlabels: [x]\nhead: {type: t}\ninput: {size: [4, 4], std: [1, 0, 1]}\n---\n", "input.std"),
        ("---\nname: a\nlabels: [x]\nhead: {}\ninput: {size: [4, 4]}\n---\n", "head.type is missing"),
        ("---\nname: a\nlabels: gone.txt\nhead: {type: t}\ninput: {size: [4, 4]}\n---\n", "names labels gone.txt"),
        (
            "---\nname: a\nlabels: [x]\nhead: {type: t}\ninput: {size: [4, 4]}\nthresholds: {score: 2}\n---\n",
            "thresholds.score is 2",
        ),
        (
            "---\nname: a\nlabels: [x]\nhead: {type: t}\ninput: {size: [4, 4]}\ntiling: {overlap: 1}\n---\n",
            "tiling.overlap is 1",
        ),
        (
            "---\nname: a\nlabels: [x]\nhead: {type: t}\ninput: {size: [4, 4]}\nsources: [{kind: fax}]\n---\n",
            "needs a kind",
        ),
    ],
)
def test_a_bad_card_names_the_field(tmp_path, text, words):
    card = tmp_path / "card.md"
    card.write_text(text)
    with pytest.raises(KittError) as caught:
        load_card(card)
    assert words in caught.value.message
    assert str(card) in caught.value.message


def test_the_card_in_the_readme_is_a_good_one(tmp_path):
    text = (zoo.models_dir() / "README.md").read_text(encoding="utf-8")
    card = tmp_path / "card.md"
    card.write_text("---\n" + text.split("```yaml\n")[1].split("```")[0] + "---\n")
    read = load_card(card)
    assert (read.name, read.input.width, read.head.type, read.labels) == ("mine", 640, "yolov8", ("person", "car"))
    assert read.input.scale == pytest.approx(1 / 255)
    assert all(f"`{name}`" in text for name in HEADS)
