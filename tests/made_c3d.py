"""C3D files byte by byte: headers and parameters that ezc3d does not write."""

import math
import struct

import numpy as np


def _entry(name, number, body):
    return struct.pack("<bb", len(name), number) + name.encode() + body


def _value(value):
    """Type, dimensions and content of text, whole numbers (int16) or others (float)."""
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        width = max([1, *map(len, value)])
        text = "".join(v.ljust(width) for v in value).encode("latin-1")
        return struct.pack("<bBBB", -1, 2, width, len(value)) + text
    array = np.asarray(value)
    shape = array.shape or (1,)
    whole = array.dtype.kind in "iu"
    content = array.ravel(order="F").astype("<u2" if whole else "<f4").tobytes()
    return struct.pack("<bB", 2 if whole else 4, len(shape)) + bytes(shape) + content


def write_c3d(
    path,
    points,
    parameters=None,
    *,
    rate_hz=100.0,
    analogs=None,
    first=1,
    header_frames=None,
    header_events=(),
    header_flags=None,
):
    """Write points (label -> (frames, 3)), analogs (label, unit) -> samples, and parameters."""
    frames = len(next(iter(points.values())))
    analogs = analogs or {}
    samples = np.column_stack([*analogs.values(), np.zeros((len([*analogs.values(), [0]][0]), 0))])
    per_frame = len(samples) // frames if analogs else 0
    groups = {
        "POINT": {
            "USED": len(points), "SCALE": -1.0, "RATE": rate_hz, "UNITS": ["mm"],
            "FRAMES": frames % 65536, "LABELS": [*points],
        },
        "ANALOG": {
            "USED": len(analogs), "RATE": rate_hz * per_frame,
            "LABELS": [label for label, _ in analogs], "UNITS": [unit for _, unit in analogs],
        },
    }  # fmt: skip
    for name, value in (parameters or {}).items():
        group, key = name.split(":")
        groups.setdefault(group, {})[key] = value
    body = b""
    for number, (group, content) in enumerate(groups.items(), start=1):
        body += _entry(group, -number, struct.pack("<hB", 3, 0))
        for key, value in content.items():
            packed = _value(value)
            body += _entry(key, number, struct.pack("<h", len(packed) + 3) + packed + b"\0")
    blocks = math.ceil((len(body) + 8) / 512)
    section = (struct.pack("<BBBB", 1, 80, blocks, 84) + body).ljust(512 * blocks, b"\0")
    header = bytearray(512)
    begin, end = header_frames or (first, first + frames - 1)
    numbers = (len(points), len(analogs) * per_frame, begin, end, 0)
    struct.pack_into("<BBHHHHH", header, 0, 2, 0x50, *numbers)
    struct.pack_into("<fHHf", header, 12, -1.0, 2 + blocks, per_frame, rate_hz)
    if header_events:
        struct.pack_into("<HH", header, 298, 12345, len(header_events))
        for k, (label, seconds) in enumerate(header_events):
            struct.pack_into("<f", header, 304 + 4 * k, seconds)
            header[376 + k] = (header_flags or [1] * len(header_events))[k]
            header[396 + 4 * k : 400 + 4 * k] = label.ljust(4).encode()
    four = [np.column_stack([xyz, np.zeros(frames)]) for xyz in points.values()]
    rows = np.hstack([*four, samples.reshape(frames, -1)]).astype("<f4")
    path.write_bytes(bytes(header) + section + rows.tobytes())
    return path


def heels(frames=60):
    """Two heels that walk along x, mm."""
    ahead = np.linspace(0, 1000, frames)
    rest = np.full(frames, 50.0)
    return {
        "LHEE": np.column_stack([ahead, rest, rest]),
        "RHEE": np.column_stack([ahead, -rest, rest]),
    }


def plate(vertical, moments, units, *, kind=2, scale=1.0, depth_mm=40.0, zero=(0, 0)):
    """Parameters and channels of one plate of 0.4 by 0.5 m, by its vertical force, N."""
    corners = np.array([[400, -250, 0], [0, -250, 0], [0, 250, 0], [400, 250, 0.0]]) * scale
    parameters = {
        "FORCE_PLATFORM:USED": 1,
        "FORCE_PLATFORM:TYPE": np.array([kind]),
        "FORCE_PLATFORM:ZERO": np.array(zero),
        "FORCE_PLATFORM:CORNERS": corners.T[:, :, None],
        "FORCE_PLATFORM:ORIGIN": np.array([[0.0], [0.0], [-depth_mm * scale]]),
        "FORCE_PLATFORM:CHANNEL": np.arange(1, 7).reshape(6, 1),
    }
    nothing = np.zeros(len(vertical))
    columns = [nothing, nothing, vertical, *moments]
    named = enumerate(zip(units, columns, strict=True), start=1)
    return parameters, {(f"A{k}", unit): column for k, (unit, column) in named}
