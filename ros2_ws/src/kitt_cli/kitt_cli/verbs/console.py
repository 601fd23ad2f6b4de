"""`kitt console`: the web console beside a running car; prints where it is."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kitt_console import links
from kitt_console.access import load_tokens
from kitt_console.console_parameters import tokens_path
from kitt_inference.errors import KittError


def command(
    host: Annotated[str, typer.Option(help="Address to serve; 0.0.0.0: the network, with a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve.", min=1, max=65535)] = 8080,
    tokens_file: Annotated[Path | None, typer.Option(help="File of the tokens, made where there is none.")] = None,
    link_only: Annotated[bool, typer.Option("--link", help="Print the links and end: a console runs already.")] = False,
) -> None:
    """Serve the web console, from which the car is watched and commanded. Ctrl-C ends it."""
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
