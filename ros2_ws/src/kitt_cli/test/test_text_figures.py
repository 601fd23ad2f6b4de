"""What `kitt eval text` shows in a terminal."""

import io

from rich.console import Console

from kitt_cli.text.evaluating import show


def test_figures_at_every_depth_and_the_mistakes_are_shown():
    typed = {"slot_f1": 0.951, "by_slot": {"place": 0.9}, "mistakes_of_slots": [{"text": "go to [Épinal]"}]}
    sink = io.StringIO()
    show({"network": {"typed": typed}, "prose": {"en": {"examples": ["go: he went"]}}, "seed": 7}, Console(file=sink))
    shown = sink.getvalue()
    for wanted in ("slot f1", "0.951", "place", "0.9", '{"text": "go to [Épinal]"}', "go: he went", "seed: 7"):
        assert wanted in shown, wanted
