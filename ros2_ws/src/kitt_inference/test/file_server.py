"""A small HTTP server on this machine, for tests of downloads."""

from __future__ import annotations

import http.server
import threading


class Server:
    """Serves bytes with Range; can break off after some bytes, and keeps the ranges asked for."""

    def __init__(self):
        self.files, self.ranges, self.break_after, self.ranged = {}, [], None, True
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                data = outer.files.get(self.path)
                asked = self.headers.get("Range")
                outer.ranges.append(asked)
                if data is None:
                    self.send_error(404)
                    return
                start = int(asked[6:-1]) if asked and outer.ranged else 0
                if start >= len(data):
                    self.send_error(416)
                    return
                self.send_response(206 if asked and outer.ranged else 200)
                self.send_header("Content-Length", str(len(data) - start))
                self.end_headers()
                end = len(data) if outer.break_after is None else start + outer.break_after
                self.wfile.write(data[start:end])

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
