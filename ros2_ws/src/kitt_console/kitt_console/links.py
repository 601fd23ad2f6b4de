"""The links that open the console, and their picture for a phone's camera."""

from __future__ import annotations

import io
import socket

from kitt_console.access import Tokens, is_loopback


def is_open(host: str) -> bool:
    """Whether an address to listen on can be reached from other machines."""
    return host != "localhost" and not is_loopback(host)


def free_port(first: int, count: int = 20) -> int:
    """The first port from `first` on that nobody serves on this machine; `first` itself where all are taken."""
    for port in range(first, first + count):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return first


def own_address() -> str:
    """This machine's address on the network, by the route that a packet would take; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def links(host: str, port: int, tokens: Tokens | None) -> dict[str, str]:
    """Purpose to link: «drive», and «watch» where there are tokens."""
    if tokens is None:
        return {"drive": f"http://localhost:{port}/"}
    name = own_address() if host in ("0.0.0.0", "::") else host
    shown = f"[{name}]" if ":" in name else name
    return {
        "drive": f"http://{shown}:{port}/?token={tokens.drive}",
        "watch": f"http://{shown}:{port}/?token={tokens.watch}",
    }


def qr_code(link: str) -> str:
    """A QR code (ISO/IEC 18004) for a terminal; empty where segno is not installed: the link is enough."""
    try:
        import segno
    except ImportError:
        return ""
    out = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(out, compact=True)
    return out.getvalue()
