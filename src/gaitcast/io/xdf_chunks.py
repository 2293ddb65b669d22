"""The chunks of an XDF file (Lab Streaming Layer): streams with their samples and clock offsets.

The format is small: ``XDF:``, then chunks of a length, a tag and content
(https://github.com/sccn/xdf/wiki/Specifications). Every announced number is checked against the
bytes that are there before anything is allocated.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gaitcast.io.safe_xml import parse_xml

MAGIC = b"XDF:"
MOST_BYTES = 2048 * 2**20
_MOST_CHANNELS = 4096
_STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET = 2, 3, 4
_TYPES = {
    "float32": "<f4", "double64": "<f8", "int8": "<i1", "int16": "<i2", "int32": "<i4",
    "int64": "<i8",
}  # fmt: skip


@dataclass
class Stream:
    """One stream of a file.

    Parameters
    ----------
    name, kind : str
        As its header gives them.
    rate_hz : float
        Nominal rate, 0 if irregular.
    labels, units : list of str
        One a channel; ``""`` where the header has none.
    format : str
        Key of the number types, or ``"string"``.
    time_s : list of numpy.ndarray
        Time stamps of each chunk; NaN where the sample has none of its own.
    values : list of numpy.ndarray
        Samples of each chunk, shape (n, channels).
    words : list of str
        Samples of a string stream (its first channel).
    offsets : list of tuple of float
        Time of a measurement of the clock offset, and the offset, s.
    drops : bool
        Whether samples may be lost, so that jitter cannot be distinguished from a gap.
    """

    name: str
    kind: str
    rate_hz: float
    labels: list[str]
    units: list[str]
    format: str
    time_s: list[np.ndarray] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    offsets: list[tuple[float, float]] = field(default_factory=list)
    drops: bool = False


def read_streams(path: str | Path) -> tuple[list[Stream], list[str]]:
    """All streams of a file, and notes on what is damaged.

    Raises
    ------
    ValueError
        If it is no XDF file, or a chunk contradicts itself.
    OSError, EOFError, zlib.error
        If the file cannot be read.
    """
    path = Path(path)
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it takes more than {MOST_BYTES // 2**20} MiB")
    if not content.startswith(MAGIC):
        raise ValueError("it is not an XDF file")
    streams: dict[int, Stream] = {}
    notes: list[str] = []
    for tag, chunk in _chunks(memoryview(content), notes):
        if tag not in (_STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET) or len(chunk) < 4:
            continue
        number = int.from_bytes(chunk[:4], "little")
        if tag == _STREAM_HEADER:
            streams[number] = _header(bytes(chunk[4:]))
        elif number not in streams:
            raise ValueError(f"it has samples of stream {number} without a header")
        elif tag == _SAMPLES:
            _samples(streams[number], chunk[4:])
        elif len(chunk) >= 20:
            streams[number].offsets.append(struct.unpack("<dd", chunk[4:20]))
    return list(streams.values()), notes


def _chunks(content: memoryview, notes: list[str]) -> Iterator[tuple[int, memoryview]]:
    at = len(MAGIC)
    while at < len(content):
        length, begin = _length(content, at)
        if length is None or length < 2 or begin + length > len(content):
            notes.append("warning: the file is cut; its last chunk is left out")
            return
        yield (
            int.from_bytes(content[begin : begin + 2], "little"),
            content[begin + 2 : begin + length],
        )
        at = begin + length


def _length(content: memoryview, at: int) -> tuple[int | None, int]:
    """A number of 1, 4 or 8 bytes, and the place behind it; None if it is none of these."""
    size = content[at] if at < len(content) else 0
    if size not in (1, 4, 8) or at + 1 + size > len(content):
        return None, at
    return int.from_bytes(content[at + 1 : at + 1 + size], "little"), at + 1 + size


def _header(text: bytes) -> Stream:
    info = parse_xml(text)
    count = int(info.findtext("channel_count") or 0)
    kind = info.findtext("channel_format") or ""
    if not 0 < count <= _MOST_CHANNELS or kind not in (*_TYPES, "string"):
        raise ValueError(f"a stream has {count} channels of type '{kind}'")
    channels = info.findall("desc/channels/channel")
    if len(channels) != count:
        channels = []
    rate = float(info.findtext("nominal_srate") or 0)
    return Stream(
        (info.findtext("name") or "stream").strip(),
        (info.findtext("type") or "").strip(),
        rate if np.isfinite(rate) and rate > 0 else 0.0,
        [(c.findtext("label") or "").strip() for c in channels] or [""] * count,
        [(c.findtext("unit") or "").strip() for c in channels] or [""] * count,
        kind,
        drops=(info.findtext("desc/synchronization/can_drop_samples") or "").strip() == "true",
    )


def _samples(stream: Stream, chunk: memoryview) -> None:
    count, at = _length(chunk, 0)
    if count is None:
        raise ValueError("a chunk of samples does not say how many it holds")
    if stream.format == "string":
        _strings(stream, chunk, at, count)
        return
    width = len(stream.labels) * np.dtype(_TYPES[stream.format]).itemsize
    if count * (1 + width) > len(chunk) - at:
        raise ValueError(f"a chunk announces {count} samples and holds fewer")
    body = np.frombuffer(chunk[at:], np.uint8)
    stamps, rows = _rows(body, count, width)
    stream.time_s.append(stamps)
    stream.values.append(rows.view(_TYPES[stream.format]).astype(float))


def _rows(body: np.ndarray, count: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Time stamps and bytes of samples, each with or without a stamp of its own."""
    if len(body) == count * (9 + width):
        table = body.reshape(count, 9 + width)
        if (table[:, 0] == 8).all():
            stamps = np.ascontiguousarray(table[:, 1:9]).view("<f8")[:, 0]
            return stamps, np.ascontiguousarray(table[:, 9:])
    stamps = np.full(count, np.nan)
    rows = np.empty((count, width), np.uint8)
    at = 0
    for k in range(count):
        size = int(body[at]) if at < len(body) else -1
        if size not in (0, 8) or at + 1 + size + width > len(body):
            raise ValueError("a sample is damaged")
        if size:
            stamps[k] = struct.unpack("<d", body[at + 1 : at + 9].tobytes())[0]
        at += 1 + size
        rows[k] = body[at : at + width]
        at += width
    return stamps, rows


def _strings(stream: Stream, chunk: memoryview, at: int, count: int) -> None:
    if count > len(chunk):
        raise ValueError(f"a chunk announces {count} samples and holds fewer")
    stamps = np.full(count, np.nan)
    for k in range(count):
        size = chunk[at] if at < len(chunk) else -1
        if size not in (0, 8) or at + 1 + size > len(chunk):
            raise ValueError("a marker is damaged")
        if size:
            stamps[k] = struct.unpack("<d", chunk[at + 1 : at + 9])[0]
        at += 1 + size
        for channel in range(len(stream.labels)):
            length, at = _length(chunk, at)
            if length is None or at + length > len(chunk):
                raise ValueError("a marker is damaged")
            if channel == 0:
                stream.words.append(bytes(chunk[at : at + length]).decode("utf-8", "replace"))
            at += length
    stream.time_s.append(stamps)
