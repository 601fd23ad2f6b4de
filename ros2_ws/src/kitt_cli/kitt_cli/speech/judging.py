"""The voice judged by recognisers of other makes, in their own environment (`rivals`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from kitt_cli.speech import rivals
from kitt_voice.speech.evaluation import Progress, evaluate
from kitt_voice.speech.normalise import LANGUAGES
from kitt_voice.speech.voices import CHOICES


def judge_voices(
    languages: Sequence[str] = LANGUAGES,
    engines: Sequence[str] = CHOICES,
    progress: Progress = lambda _what, _done, _total: None,
) -> dict[str, Any]:
    """`evaluate` with Whisper base and, for English, Whisper tiny.en; they are installed where they are not.

    Returns:
        {"recognisers": {name: what it is}, "voices": what `evaluate` returns}.

    Raises:
        KittError: a recogniser cannot be installed, or ended.
    """
    if not rivals.installed():
        rivals.install()
    with ExitStack() as stack:
        judges = {name: stack.enter_context(rivals.Rival(name, [])) for name in rivals.TRANSCRIBERS}
        report = evaluate(
            {name: judge.transcribe for name, judge in judges.items()}, languages, engines, None, progress
        )
        return {"recognisers": {name: judge.about for name, judge in judges.items()}, "voices": report}
