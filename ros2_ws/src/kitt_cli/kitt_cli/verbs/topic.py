"""`kitt topic`: a look at the running car where `ros2 topic` is missing. A namespaced car: KITT_NAMESPACE=/name."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated, Any

import typer
import yaml

from kitt_cli.observer import Observer, observer
from kitt_cli.pace import Pace
from kitt_cli.plain import fill, finite, to_plain
from kitt_core.contract import TOPICS
from kitt_inference.errors import KittError

app = typer.Typer(help="Look at the running car's topics.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, nothing else there.")]
_DISCOVERY = 3.0  # s


@app.command("list")
def list_topics(
    as_json: Json = False, wait: Annotated[float, typer.Option(min=0.1, help="seconds to look around")] = _DISCOVERY
) -> None:
    """List the topics that are there: type, publishers, subscribers, whether the contract knows them."""
    with observer("topic") as watch:
        watch.spin(wait)
        known = {watch.full_name(name) for name in TOPICS}
        rows = [
            {
                "name": name,
                "type": kind,
                "publishers": watch.node.count_publishers(name),
                "subscribers": watch.node.count_subscribers(name),
                "in_contract": name in known,
            }
            for name, kind in sorted(watch.graph().items())
        ]
    if as_json:
        print(json.dumps({"topics": rows}))
        return
    _table(["topic", "type", "from", "to", "contract"], [[*map(str, row.values())] for row in rows])


@app.command()
def hz(
    names: Annotated[list[str], typer.Argument(metavar="TOPIC...")],
    duration: Annotated[float, typer.Option(min=0.1, help="seconds to listen")] = 5.0,
    as_json: Json = False,
) -> None:
    """Measure rate and gaps; with a header also the age of messages and how many were missing."""
    from rclpy.serialization import deserialize_message

    from kitt_core.ports import message_type

    paces: dict[str, Pace] = {}
    with observer("topic") as watch:
        watch.spin(0.5)
        watch.follow_sim_time()

        def listen(name: str) -> None:
            kind = message_type(watch.type_of(name))
            has_header = "header" in kind.get_fields_and_field_types()
            pace = paces[watch.full_name(name)] = Pace()

            def seen(data: bytes) -> None:
                arrival, now = time.monotonic(), watch.node.get_clock().now().nanoseconds
                stamp = deserialize_message(data, kind).header.stamp if has_header else None
                stamp_ns = 0 if stamp is None else stamp.sec * 1_000_000_000 + stamp.nanosec
                pace.seen(arrival, len(data), stamp_ns * 1e-9 if stamp_ns else None, now * 1e-9)

            watch.subscribe(name, seen, raw=True)

        for name in names:
            listen(name)
        watch.spin(duration)
    rows = {name: pace.summary() for name, pace in paces.items()}
    if as_json:
        print(json.dumps({"seconds": duration, "topics": rows}))
        return
    columns = ["hz", "jitter_ms", "longest_gap_ms", "missing", "age_p50_ms", "age_p95_ms", "bytes_per_s"]
    cells = [[name, *(_number(row[column]) for column in columns)] for name, row in rows.items()]
    _table(["topic", "Hz", "jitter ms", "longest gap ms", "missing", "age p50 ms", "p95 ms", "bytes/s"], cells)


@app.command()
def echo(
    name: Annotated[str, typer.Argument(metavar="TOPIC")],
    once: Annotated[bool, typer.Option("--once", help="one message, then end")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="with --once: seconds to wait for it")] = 10.0,
    full: Annotated[bool, typer.Option("--full", help="long arrays too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one message as one JSON object (implies --once)")] = False,
) -> None:
    """Print messages as they come."""
    got: list[Any] = []

    def show(message: Any) -> None:
        if got and (once or as_json):
            return
        got.append(message)
        values = to_plain(message, full)
        text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True).rstrip() + "\n---"
        print(json.dumps(finite(values)) if as_json else text, flush=True)
        if len(got) > 1:
            got.pop()

    with observer("topic") as watch:
        watch.spin(0.3)
        watch.subscribe(name, show, depth=10)
        if not (once or as_json):
            watch.spin(float("inf"))
        if not watch.spin(timeout, lambda: bool(got)):
            raise KittError(f"no message came on {watch.full_name(name)} in {timeout:g} s", _why_silent(watch, name))


@app.command()
def pub(
    name: Annotated[str, typer.Argument(metavar="TOPIC")],
    values: Annotated[str, typer.Argument(help="the fields as YAML: '{text: go}'")] = "{}",
    rate: Annotated[float, typer.Option(min=0.0, max=1000.0, help="messages a second; 0: one message")] = 0.0,
    duration: Annotated[float, typer.Option(min=0.0, help="with --rate: seconds; 0: until Ctrl-C")] = 0.0,
) -> None:
    """Publish a message; an empty header.stamp is set to now."""
    from kitt_core.ports import message_type

    try:
        fields = yaml.safe_load(values)
    except yaml.YAMLError as error:
        raise KittError(f"{values!r} is not valid YAML", "write the fields as '{name: value}'") from error
    with observer("topic") as watch:
        watch.spin(0.3)
        message = fill(message_type(watch.type_of(name))(), fields or {})
        publisher = watch.node.create_publisher(type(message), watch.full_name(name), watch.qos(name, 10))
        if not watch.spin(3.0, lambda: publisher.get_subscription_count() > 0):
            print(f"nobody reads {watch.full_name(name)}; published all the same", file=sys.stderr)
        watch.follow_sim_time()
        watch.spin(0.2)
        unstamped = hasattr(message, "header") and not (message.header.stamp.sec or message.header.stamp.nanosec)
        end = time.monotonic() + (duration or float("inf"))
        while True:
            if unstamped:
                message.header.stamp = watch.node.get_clock().now().to_msg()
            publisher.publish(message)
            watch.spin(1.0 / rate if rate else 0.5)  # the last one must have left before we do
            if not rate or time.monotonic() >= end:
                break


def _why_silent(watch: Observer, name: str) -> str:
    full = watch.full_name(name)
    if watch.node.count_publishers(full) == 0:
        return "nobody publishes it: is the car running, with this ROS_DOMAIN_ID?"
    return "its publisher is silent: see kitt topic echo /diagnostics"


def _number(value: float | int | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.1f}"


def _table(head: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=None)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
