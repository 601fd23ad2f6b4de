"""`python -m kitt_inference.engines.worker MODEL PRECISION [FRAMES]`: make one engine, in a process of its own.

A build takes minutes and gigabytes, and TensorRT may take its process with it; a node that drives must not notice.
Every line on standard output is a JSON object: {"what", "part"} on the way, at the end {"done"} or {"error"}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from kitt_inference.engines.make import Frames, find_target, make_engine
from kitt_inference.errors import KittError


def main(arguments: list[str]) -> int:
    """Returns 0 when the engine is in the cache, 1 when not."""
    model, precision, *folder = arguments
    os.nice(10)

    def say(**values: object) -> None:
        sys.stdout.write(json.dumps(values) + "\n")
        sys.stdout.flush()

    try:
        frames = Frames(Path(folder[0]) if folder and folder[0] else None)
        entry = make_engine(find_target(model), precision, frames, tell=lambda what, part: say(what=what, part=part))
    except KittError as error:
        say(error=str(error))
        return 1
    say(done=entry.digest, speed=entry.speed, report=entry.report)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
