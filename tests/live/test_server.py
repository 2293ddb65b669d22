"""Who gets the page: over a real server on this machine."""

import asyncio
import threading

import pytest
from bokeh.client import pull_session
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from gaitcast.errors import GaitcastError
from gaitcast.live.server import MOST_VIEWERS, LiveServer, is_loopback
from gaitcast.live.viewer import LivePage


def served(host, use, build=id):
    async def main():
        server = LiveServer(build, host)
        try:
            return await use(server)
        finally:
            server.close()

    return asyncio.run(main())


async def status(server, path="/", **headers):
    url = f"http://127.0.0.1:{server.port}{path}"
    request = HTTPRequest(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return (await AsyncHTTPClient().fetch(request, raise_error=False)).code


async def socket_opens(server, path, **headers):
    request = HTTPRequest(f"ws://127.0.0.1:{server.port}{path}", headers=headers)
    try:
        (await websocket_connect(request, subprotocols=["bokeh", "x"])).close()
    except Exception as error:
        return getattr(error, "code", error)
    return True


def test_a_visitor_without_the_token_is_refused():
    async def use(server):
        token = server.url.partition("?token=")[2]
        assert len(token) >= 32
        good = f"?token={token}"
        bad = ["", "?token=", f"?token={token[:-1]}", f"?token={token}&token=x", "?token=%ff"]
        for path in ("/", "/ws", "/autoload.js", "/metadata"):
            for query in bad:
                assert await status(server, path + query) == 403, (path, query)
        assert await status(server, "/" + good) == 200
        assert await status(server, "/metadata" + good) == 404
        assert await socket_opens(server, "/ws") == 403
        assert await socket_opens(server, "/ws" + good) is True
        assert await socket_opens(server, "/ws" + good, Origin="http://other.example") == 403

    served("0.0.0.0", use)


def test_loopback_needs_no_token_but_answers_to_its_own_name_only():
    async def use(server):
        assert server.token == ""
        assert server.url == f"http://127.0.0.1:{server.port}/"
        own = f"127.0.0.1:{server.port}"
        assert await status(server) == 200
        assert await status(server, Host=f"localhost:{server.port}") == 200
        assert await status(server, Host=f"rebound.example:{server.port}") == 403
        assert await status(server, Origin="http://other.example") == 403
        assert await socket_opens(server, "/ws", Origin="http://other.example") == 403
        assert await socket_opens(server, "/ws", Origin=f"http://{own}") is True

    served("127.0.0.1", use)


def test_only_so_many_pages_are_open():
    async def use(server):
        codes = [await status(server) for _ in range(MOST_VIEWERS + 2)]
        assert codes == [200] * MOST_VIEWERS + [503] * 2

    served("127.0.0.1", use)


def test_a_port_in_use_is_said():
    async def use(server):
        with pytest.raises(GaitcastError, match="cannot listen"):
            LiveServer(id, "127.0.0.1", server.port)

    served("127.0.0.1", use)


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("0.0.0.0", False), ("me", False)],
)
def test_loopback_addresses(host, local):
    assert is_loopback(host) is local


def test_a_viewer_gets_the_document_and_frames(finished):
    ready, done, found = threading.Event(), threading.Event(), {}

    def serve():
        async def main():
            server = LiveServer(lambda document: LivePage(finished, document), "0.0.0.0")
            found["server"] = server
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.02)
            server.close()

        asyncio.run(main())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(20)
        server = found["server"]
        url = f"http://127.0.0.1:{server.port}/"
        with pull_session(url=url, arguments={"token": server.token}) as session:
            names = {root.name for root in session.document.roots}
            assert names == {"controls", "angle", "history", "horizon", "latency"}
    finally:
        done.set()
        thread.join(20)
