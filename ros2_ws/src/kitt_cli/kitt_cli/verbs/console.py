"""`kitt console`: the web console beside a running car; prints where it is."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from kitt_cli import foxglove_bridge
from kitt_console import links
from kitt_console.access import load_tokens
from kitt_console.console_parameters import tokens_path
from kitt_inference.errors import KittError

_PORT = 8080


def command(
    host: Annotated[str, typer.Option(help="Address to serve; 0.0.0.0: the network, with a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve; 0: 8080, Foxglove 8765.", min=0, max=65535)] = 0,
    tokens_file: Annotated[Path | None, typer.Option(help="File of the tokens, made where there is none.")] = None,
    link_only: Annotated[bool, typer.Option("--link", help="Print the links and end: a console runs already.")] = False,
    foxglove: Annotated[bool, typer.Option("--foxglove", help="Serve the topics to Foxglove instead.")] = False,
) -> None:
    """Serve the web console, from which the car is watched and commanded. Ctrl-C ends it."""
    if foxglove:
        _foxglove(host, port)
        return
    port = port or _PORT
    file = tokens_path(str(tokens_file or ""))
    tokens = load_tokens(file) if links.is_open(host) else None
    for purpose, link in links.links(host, port, tokens).items():
        print(f"to {purpose}: {link}")
        if tokens is not None:
            print(links.qr_code(link))
    if tokens is not None:
        print(f"who has a link has its right; delete {file} and start again to make all links void")
    sys.stdout.flush()
    if link_only:
        return
    try:
        from kitt_console.nodes import console_node
        from kitt_core.node import run
    except ImportError as error:
        raise KittError(f"rclpy cannot be imported: {error}", "source ROS 2, or run ./kitt setup") from error
    values = {"host": host, "port": port, "tokens_file": str(file)}
    words = [word for name, value in values.items() for word in ("-p", f"{name}:={json.dumps(value)}")]
    namespace = os.environ.get("KITT_NAMESPACE", "")
    remap = ["-r", f"__ns:={namespace}"] if namespace else []
    raise typer.Exit(run(console_node.ConsoleNode, ["console", "--ros-args", *remap, *words]))


def _foxglove(host: str, port: int) -> None:
    if links.is_open(host):
        raise KittError(
            "Foxglove's protocol knows no tokens: it is served to this machine only",
            f"forward the port: ssh -L {port or foxglove_bridge.PORT}:localhost:{port or foxglove_bridge.PORT} CAR",
        )
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopping.append(received))

    def started(at: int) -> None:
        print(f"Foxglove: open connection, «Foxglove WebSocket», ws://localhost:{at}")
        print("layout: import launch/config/kitt.foxglove.json", flush=True)

    foxglove_bridge.serve(port or foxglove_bridge.PORT, lambda: bool(stopping), started)
