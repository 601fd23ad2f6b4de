"""A thread that synthesises, one piece after the other, so that nobody waits for a network."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from kitt_inference.errors import KittError
from kitt_voice.speech.base import Samples
from kitt_voice.speech.studio import Studio


@dataclass
class Job:
    """A piece to synthesise, or "" to load the voice; `done` is set last."""

    piece: str
    language: str
    lasting: bool = False
    samples: Samples | None = None
    error: KittError | None = None
    done: bool = False
    given_up: bool = False


class Maker:
    """`submit` from any thread; `on_done` is called in the maker's own."""

    def __init__(self, studio: Studio, on_done: Callable[[], None]) -> None:
        self._studio, self._on_done = studio, on_done
        self._closed = False
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        # a daemon: a piece at hand must not hold up the end of the process
        self._thread = threading.Thread(target=self._run, name="synthesis", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> Job:
        """Have it made; set `given_up` to have it skipped."""
        self._jobs.put(job)
        return job

    def close(self, timeout_s: float = 3.0) -> None:
        """End after the piece at hand, whose network cannot be broken off."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not (job.given_up or self._closed):
                try:
                    if job.piece:
                        job.samples = self._studio.make(job.piece, job.language, job.lasting)
                    else:
                        self._studio.voice(job.language)
                except KittError as error:
                    job.error = error
                except Exception as error:  # an engine's surprise must not end the voice for good
                    job.error = KittError(f"the voice failed: {type(error).__name__}: {error}", "see the log")
            job.done = True
            self._on_done()
