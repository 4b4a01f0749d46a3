"""The socket: HTTP/1.1 with kept-alive connections, one thread each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sheetjudge.sandbox.http import Answer, Request

_GOOGLES = (".googleapis.com", ".google.com")
_NOT_HERE = "The local Google answers on this machine only, under the name localhost or 127.0.0.1."

Respond = Callable[[Request], Answer | None]
"""Answers a request; None closes the connection without an answer."""


def is_own_name(host: str | None) -> bool:
    """Does a request's Host name this machine, or Google, whose place is taken here?

    A page of another site can lead its own name to this machine; then the browser would let it read what is here.
    """
    if host is None:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name == "localhost" or name.endswith((".localhost", *_GOOGLES)):
            return True
        return ip_address(name).is_loopback
    except ValueError:
        return False


class Server:
    """Serves one responder on the loopback interface, in a thread of its own.

    Args:
        respond: answers requests, from several threads.
        port: where to listen; 0 picks a free one.
        host: the interface to listen on.
    """

    def __init__(self, respond: Respond, port: int = 0, host: str = "127.0.0.1") -> None:
        self._respond = respond
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._httpd = _Listener((host, port), _handler(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.05,), daemon=True, name="sandbox")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._httpd.server_address[1])

    @property
    def base_url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{self._httpd.server_address[0]!s}:{self.port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def wait(self) -> None:
        """Serve until stopped."""
        while self._thread.is_alive():
            self._thread.join(timeout=1)

    def stop(self) -> None:
        """Stop serving and close every connection."""
        if self._thread.is_alive():
            self._httpd.shutdown()
        self._httpd.server_close()
        with self._lock:
            left = list(self._open)
        for connection in left:
            _close(connection)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def opened(self, connection: socket.socket) -> None:
        """Remember a connection, to close it when the server stops."""
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._open.discard(connection)

    def respond(self, request: Request) -> Answer | None:
        """Answer one request."""
        return self._respond(request)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of the server's errors."""


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        server_version = "ESF"
        sys_version = ""

        def setup(self) -> None:
            super().setup()
            server.opened(self.connection)

        def finish(self) -> None:
            server.closed(self.connection)
            super().finish()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Nothing is printed; the sandbox keeps its own log."""

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer: Answer | None
            if is_own_name(headers.get("host")):
                answer = server.respond(Request.of(self.command, self.path, headers, body))
            else:
                answer = Answer(403, _NOT_HERE.encode(), "text/plain; charset=utf-8")
            if answer is None:
                self.close_connection = True
                _close(self.connection)
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class looks for these

    return Handler
