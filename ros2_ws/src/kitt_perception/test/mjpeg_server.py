"""A small camera on the network: MJPEG over HTTP, from the standard library. Can be stopped and started again."""

from __future__ import annotations

import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np


class MjpegServer:
    def __init__(self, fps: float = 30.0, garbage: bool = False) -> None:
        self.fps, self.garbage, self.port = fps, garbage, 0
        self.shade = 0  # brightness of the picture sent last
        self._alive = threading.Event()

    def start(self) -> None:
        outer, alive = self, threading.Event()
        alive.set()
        self._alive = alive

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    for count in itertools.count():
                        if not alive.is_set():
                            return
                        self.wfile.write(outer._part(count))
                        time.sleep(1 / outer.fps)
                except OSError:
                    return

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._alive.clear()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://user:secret@127.0.0.1:{self.port}/"

    def _part(self, count: int) -> bytes:
        if self.garbage:
            return np.random.default_rng(count).bytes(4000)
        self.shade = 50 + count % 150
        image = np.full((120, 160, 3), self.shade, dtype=np.uint8)
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        return head.encode() + jpeg + b"\r\n"
