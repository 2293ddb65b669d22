"""Serves the page: on loopback to this machine, elsewhere to visitors with the token."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import secrets
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.document import Document
from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from gaitcast.errors import GaitcastError

#: Pages that are open at once; each costs some per cent of a core.
MOST_VIEWERS = 8
#: Names by which a browser on this machine may ask for the loopback.
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: A message from a browser holds a button or a mark, never more.
_LONGEST_MESSAGE = 1_000_000


class LiveServer:
    """Serves one document to its viewers.

    Parameters
    ----------
    build : callable
        Fills a new document for each viewer.
    host : str
        Address to listen at. Other than loopback, each request needs the token.
    port : int
        0 takes a free one.

    Attributes
    ----------
    token : str
        Empty on loopback.
    url : str
        Of the page, with the token.

    Raises
    ------
    GaitcastError
        If the address cannot be listened at.
    """

    def __init__(
        self, build: Callable[[Document], object], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        local = is_loopback(host)
        self.token = "" if local else secrets.token_urlsafe(24)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listening = socket.create_server((host, port), family=family)
        except OSError as error:
            raise GaitcastError(
                f"cannot listen: {error.strerror or error}",
                where=f"{host}:{port}",
                hint="Name another --port, or an address of this machine as --host",
            ) from error
        listening.setblocking(False)
        self.port = int(listening.getsockname()[1])
        name = socket.gethostname() if host in ("0.0.0.0", "::") else host
        name = f"[{name}]" if ":" in name else name
        query = f"?token={self.token}" if self.token else ""
        self.url = f"http://{name}:{self.port}/{query}"
        for noisy in ("tornado.access", "bokeh.server.views.ws"):  # visitors who go, or are refused
            logging.getLogger(noisy).setLevel(logging.ERROR)
        self._loop = IOLoop.current()
        application = _Gate(build, self.token)
        http = HTTPServer(application)
        http.add_socket(listening)
        self._server = BaseServer(self._loop, application, http)
        self._server.start()

    def run(self) -> None:
        """Serve until :meth:`stop` or an interrupt."""
        self._loop.start()

    def stop(self) -> None:
        """End :meth:`run`; it may be called from any thread."""
        self._loop.add_callback(self._loop.stop)

    def close(self) -> None:
        """Listen no more, and let go of all documents."""
        self._server.unlisten()
        self._server.stop(wait=False)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address.

    Parameters
    ----------
    host : str
        Name or address.
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Gate(BokehTornado):
    """Looks at each request, that of the websocket too, before anything answers it."""

    def __init__(self, build: Callable[[Document], object], token: str) -> None:
        self._token = token
        super().__init__(
            {"/": Application(FunctionHandler(build))},
            extra_websocket_origins=["*"],  # compared below, with the address that was asked for
            websocket_max_message_size_bytes=_LONGEST_MESSAGE,
            use_index=False,
            redirect_root=False,
        )

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        refused = self._refusal(request)
        if refused is None:
            return super().find_handler(request, **kwargs)
        return self.get_handler_delegate(request, _Refused, {"answer": refused})

    def _refusal(self, request: HTTPServerRequest) -> tuple[int, str] | None:
        """Status and reason, or None for a visitor who may come in."""
        if not self._token and _host_name(request.host) not in _LOOPBACK:
            return 403, "ask for 127.0.0.1"  # another name that leads here is another site's
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
            return 403, "this page is not for other sites"
        if request.path.startswith(
            ("/static/", "/favicon.ico")
        ):  # Bokeh's own files, the same for everyone
            return None
        if self._token:
            given = request.query_arguments.get("token", [b""])[-1]
            if not hmac.compare_digest(given, self._token.encode()):
                return 403, "the address needs the token that gaitcast live printed"
        if request.path not in ("/", "/ws"):
            return 404, "not here"
        if request.path == "/" and len(self.get_sessions("/")) >= MOST_VIEWERS:
            return 503, f"{MOST_VIEWERS} pages are open already"
        return None


class _Refused(RequestHandler):
    """One line, and nothing of the wearer."""

    def initialize(self, answer: tuple[int, str]) -> None:
        self._answer = answer

    def prepare(self) -> None:
        status, reason = self._answer
        self.set_status(status)
        self.finish(f"gaitcast live: {reason}\n")


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
