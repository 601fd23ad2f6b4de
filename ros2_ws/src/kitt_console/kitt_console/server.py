"""The web server in a thread of its own, so that neither a slow page nor a busy car holds the other up."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from typing import Any

import uvicorn

from kitt_console.protocol import LONGEST
from kitt_inference.errors import KittError

_START_S = 10.0


class Server:
    """Serves an application on one address.

    Raises:
        KittError: the address is taken, or is not this machine's.
    """

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._socket = _bind(host, port)
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,  # links hold tokens, and a log is no place for those
            proxy_headers=False,  # who is local is judged by the connection, not by what a header says
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=4 * LONGEST,  # bytes; what is larger ends the connection before it is read
            ws_per_message_deflate=False,  # pictures do not get smaller
            ws_ping_interval=5.0,
            ws_ping_timeout=10.0,
            timeout_graceful_shutdown=1,
            limit_concurrency=256,
        )
        # a refused websocket is no fault of ours, and whoever has no token must not be able to fill the log
        logging.getLogger("uvicorn.error").addFilter(
            lambda record: "without completing handshake" not in record.getMessage()
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)

    def start(self) -> None:
        """Serve.

        Raises:
            KittError: it did not come up.
        """
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(_START_S / 0.02)):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(0.02)
        if not self._server.started:
            raise KittError("the console's web server did not start", "its output says why")

    def stop(self) -> None:
        """End; pages see that their websocket is closed."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise KittError(
                f"port {port} of {host} is taken", "another console runs there; give another port"
            ) from error
        raise KittError(
            f"{host}:{port} cannot be served: {error.strerror or error}", "give --host and --port"
        ) from error
