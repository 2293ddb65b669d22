"""Downloads against a server on this machine that breaks off, resumes and lies."""

import hashlib
import http.server
import threading
import zipfile
from dataclasses import replace
from typing import ClassVar

import pytest

from gaitcast.datasets import PUBLIC
from gaitcast.datasets.dataset import Download
from gaitcast.datasets.fetch import fetch
from gaitcast.errors import GaitcastError

CONTENT = bytes(range(256)) * 20_000


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; breaks off in the middle of the first answers."""

    breaks = 0
    ranges = True
    asked: ClassVar[list] = []

    def do_GET(self):
        begin = 0
        wanted = self.headers.get("Range")
        type(self).asked.append(wanted)
        if wanted and self.ranges:
            begin = int(wanted.removeprefix("bytes=").rstrip("-"))
        if begin >= len(CONTENT):
            self.send_response(416)
            self.end_headers()
            return
        body = CONTENT[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if type(self).breaks > 0:
            type(self).breaks -= 1
            body = body[: len(body) // 3]
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    Server.breaks, Server.ranges, Server.asked = 0, True, []
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/file.bin"
    running.shutdown()
    running.server_close()
    thread.join()


def dataset(url, content=CONTENT, name="file.bin"):
    checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return replace(PUBLIC["winter-table-a1"], downloads=(Download(name, url, checksum),))


def test_a_file_comes_whole_and_only_once(server, tmp_path):
    seen = []
    (path,) = fetch(dataset(server), tmp_path / "new", lambda *progress: seen.append(progress))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == ("file.bin", len(CONTENT), len(CONTENT))
    fetch(dataset(server), tmp_path / "new")
    assert len(Server.asked) == 1


def test_what_breaks_off_is_continued(server, tmp_path):
    Server.breaks = 3
    (path,) = fetch(dataset(server), tmp_path)
    assert path.read_bytes() == CONTENT
    assert len([asked for asked in Server.asked if asked]) >= 3


def test_a_part_of_yesterday_is_continued_or_begun_anew(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    (path,) = fetch(dataset(server), tmp_path)
    assert path.read_bytes() == CONTENT
    assert Server.asked == ["bytes=1000-"]
    path.unlink()
    Server.ranges = False
    (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)
    (path,) = fetch(dataset(server), tmp_path)
    assert path.read_bytes() == CONTENT


def test_another_file_is_not_kept(server, tmp_path):
    with pytest.raises(GaitcastError, match="not the expected one"):
        fetch(dataset(server, b"something else"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_dead_source_and_a_set_without_one_are_told(tmp_path):
    with pytest.raises(GaitcastError, match=r"cannot fetch.*continues where it stopped"):
        fetch(dataset("http://127.0.0.1:9/file.bin"), tmp_path)
    with pytest.raises(GaitcastError, match="cannot be fetched"):
        fetch(PUBLIC["kam-imu-grf-mocap"], tmp_path)


def test_archives_are_unpacked(server, tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner/walk.txt", "hello")
    content = (tmp_path / "a.zip").read_bytes()
    monkeypatch.setattr("test_fetch.CONTENT", content)
    fetch(dataset(server, content, "walks.zip"), tmp_path / "out")
    inner = tmp_path / "out" / "inner" / "walk.txt"
    assert inner.read_text() == "hello"
    inner.unlink()
    (tmp_path / "out" / ".walks.zip.unpacked").unlink()  # as if unpacking had been broken off
    fetch(dataset(server, content, "walks.zip"), tmp_path / "out")
    assert inner.read_text() == "hello"


def test_known_checksums_are_those_of_the_files_at_hand(data):
    for set_ in PUBLIC.values():
        for download in set_.downloads:
            path = data / set_.name / download.name
            if path.is_file():
                kind, _, wanted = download.checksum.partition(":")
                assert hashlib.new(kind, path.read_bytes()).hexdigest() == wanted
