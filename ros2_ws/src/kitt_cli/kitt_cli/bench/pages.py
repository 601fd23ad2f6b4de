"""Pages of the console without a browser, for `kitt bench console`: prints what each got as one JSON object."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import struct
import time
from typing import Any

SHOWN = '{"kind":"shown"}'


async def watch(url: str, begin: float, end: float) -> dict[str, Any]:
    """A page that draws at once: arrival times and ages [s] of its pictures between two times of the steady clock."""
    from websockets.asyncio import client

    arrivals: list[float] = []
    ages: list[float] = []
    async with client.connect(url, max_size=None) as socket:
        with contextlib.suppress(asyncio.TimeoutError, TimeoutError):
            while (left := end - time.monotonic()) > 0:
                data = await asyncio.wait_for(socket.recv(), left)
                if isinstance(data, str):
                    continue
                now = time.monotonic()
                await socket.send(SHOWN)
                if now >= begin:
                    head = json.loads(data[4 : 4 + struct.unpack_from("<I", data)[0]])
                    arrivals.append(now)
                    ages.append(time.time() - head["stamp"])
    return {"pictures": len(arrivals), "ages_s": ages}


async def sleep_on(url: str, end: float) -> dict[str, Any]:
    """A page that reads nothing: what it is sent fills the buffers of the system."""
    from websockets.asyncio import client

    async with client.connect(url, max_size=None, max_queue=1):
        await asyncio.sleep(end - time.monotonic())
    return {}


async def run(url: str, count: int, slow: int, seconds: float) -> dict[str, Any]:
    """All pages side by side; the first second of each is not counted."""
    begin = time.monotonic() + 2.0
    end = begin + seconds
    jobs = [watch(url, begin, end) for _ in range(count)] + [sleep_on(url, end) for _ in range(slow)]
    pages = await asyncio.gather(*jobs)
    return {"seconds": seconds, "pages": [page for page in pages if page]}


def main() -> None:
    """Print what came."""
    parser = argparse.ArgumentParser(prog="pages")
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--slow", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(run(given.url, given.count, given.slow, given.seconds))))


if __name__ == "__main__":
    main()
