"""Streams mixed by other processes while the network learns; without torch, which they do not need."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_learning.speech.corpus import Corpus, noises
from kitt_learning.speech.mixing import STEPS, Mixer, Scene, Stream

POOL, LEAST_POOL = 3000, 480
"""Streams kept to draw from (a stream is learnt from several times, masked anew), and how many before it begins."""
FRESH = 0.5
"""New streams for each that is learnt from, at most: the processor is for the network."""
REREAD = 400
"""Chunks of streams after which the folders are read anew: a corpus may grow while it is learnt from."""
_CHUNK = 24
Phase = tuple[int, float]
"""Steps of a stream, and how hard it is (see `Scene`)."""
Make = Callable[[Sequence[Path], Sequence[Path], int, int, float], Scene]
"""A mixer of folders of clips and of noise; then seed, steps and hardness."""


def mixer(corpus: Sequence[Path], noise: Sequence[Path], seed: int, steps: int = STEPS, hardness: float = 0.5) -> Mixer:
    """A mixer of folders of shards."""
    return Mixer(Corpus(corpus, seed), *noises(noise), seed, steps, hardness)


def _mix(
    out: Any, corpus: Sequence[Path], noise: Sequence[Path], make: Make, seed: int, phase: Sequence[float], parent: int
) -> None:
    """A process of its own: streams without end, of the phase that is now."""
    out.cancel_join_thread()  # what nobody fetches any more is no reason to stay
    now: tuple[float, ...] = ()
    for number in itertools.count():
        if number % REREAD == 0 or now != tuple(phase):
            now = tuple(phase)
            made = make(corpus, noise, seed + 10_007 * number, int(now[0]), now[1])
        chunk = [made.stream() for _ in range(_CHUNK)]
        while os.getppid() == parent:  # whoever kills the training does not have to find its workers
            with contextlib.suppress(queue.Full):
                out.put(chunk, timeout=2.0)
                break
        else:
            return


class Pool:
    """The newest streams of a phase, from worker processes; batches are drawn from all of them."""

    def __init__(
        self,
        corpus: Sequence[Path],
        noise: Sequence[Path],
        seed: int,
        phase: Phase,
        workers: int,
        make: Make = mixer,
    ) -> None:
        context = multiprocessing.get_context("spawn")  # forking a process with threads may hang
        self.phase, self._told = phase, context.Array("d", phase)
        self._queue: Any = context.Queue(maxsize=8)
        self._rng = np.random.default_rng(seed)
        self._streams: list[Stream] = []
        self.made, self._used = 0, 0
        given = (self._queue, corpus, noise, make)
        self._workers = [
            context.Process(target=_mix, args=(*given, seed * 100 + i, self._told, os.getpid()), daemon=True)
            for i in range(workers)
        ]
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # read by a worker's numpy: many threads would wait for each other
        # Ctrl-C is for the training, which saves and ends its workers: they inherit that it does not reach them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            for worker in self._workers:
                worker.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def turn(self, phase: Phase) -> None:
        """From now on make streams of another phase; those before it stay as long as they are as long."""
        if phase != self.phase:
            if phase[0] != self.phase[0]:
                self._streams.clear()
            self.phase, self._told[:] = phase, phase

    def batch(self, size: int) -> list[Stream]:
        """So many streams, at most `POOL`, each once.

        Raises:
            KittError: a worker has ended.
        """
        size = min(size, POOL)
        while True:
            lacking = len(self._streams) < max(LEAST_POOL, size)
            if not lacking and self.made > FRESH * self._used + LEAST_POOL:
                break
            try:
                chunk = self._queue.get(timeout=5.0) if lacking else self._queue.get_nowait()
            except queue.Empty:
                if not all(worker.is_alive() for worker in self._workers):
                    raise KittError("a process that mixes audio has ended", "see its message above") from None
                if lacking:
                    continue
                break
            for stream in chunk:
                if len(stream.features) != self.phase[0]:
                    continue  # made before the phase turned
                if len(self._streams) < POOL:
                    self._streams.append(stream)
                else:
                    self._streams[self.made % POOL] = stream
                self.made += 1
        self._used += size
        return [self._streams[i] for i in self._rng.choice(len(self._streams), size, replace=False)]

    def close(self) -> None:
        """End the workers; returns when they have ended."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join()
