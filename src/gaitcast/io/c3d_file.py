"""The C3D container: parameters, points and analog channels; every count is checked before use.

ezc3d, which agrees with this reader on valid files (a test), trusts the counts that it reads: a
damaged file makes it crash, hang or fill the memory. It also needs a compiled wheel.

Source: The C3D file format, user guide (Motion Lab Systems, 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError

_BLOCK = 512
_INTEL, _DEC, _MIPS = 84, 85, 86
_ITEM = {-1: 1, 1: 1, 2: 2, 4: 4}
#: Upper limits that no recording of a gait laboratory comes near.
_MOST_CHANNELS = 4096
_RATES_HZ = (0.1, 100_000.0)

Parameters = dict[str, dict[str, "np.ndarray | list[str]"]]


@dataclass(frozen=True, eq=False)
class C3DFile:
    """The content of a C3D file, unchanged.

    Parameters
    ----------
    parameters : dict of str to dict
        Group -> name -> text as a list of str, numbers as an array (first index fastest in the
        file, so shape (3, 4, plates) for ``FORCE_PLATFORM:CORNERS``).
    points : numpy.ndarray, shape (frames, points, 3)
        In the file's unit; NaN where the residual says that a point was not seen.
    analogs : numpy.ndarray, shape (frames * analog samples per frame, channels)
        Scaled to the file's units.
    rate_hz : float
        Rate of the points.
    first_frame : int
        Number of the first frame, from 0.
    header_events : tuple of (str, float)
        Label and seconds of events in the header, as old programs write them. Their flags say
        only whether a program shows them.
    beyond : int
        Frames in the file beyond those that it announces.
    """

    parameters: Parameters
    points: np.ndarray
    analogs: np.ndarray
    rate_hz: float
    first_frame: int
    header_events: tuple[tuple[str, float], ...] = ()
    beyond: int = 0

    def text(self, group: str, name: str) -> list[str]:
        """Texts of one parameter.

        Returns
        -------
        list of str
            Stripped; empty if it is absent or not text.
        """
        value = self.parameters.get(group, {}).get(name)
        return value if isinstance(value, list) else []

    def numbers(self, group: str, name: str) -> np.ndarray:
        """Numbers of one parameter.

        Returns
        -------
        numpy.ndarray
            Shaped as in the file; empty if it is absent or text.
        """
        value = self.parameters.get(group, {}).get(name)
        return value if isinstance(value, np.ndarray) else np.zeros(0)

    def labels(self, group: str, name: str = "LABELS") -> list[str]:
        """Labels, also those continued in NAME2, NAME3 ... above 255 entries."""
        return [v for number in ["", *range(2, 20)] for v in self.text(group, f"{name}{number}")]


def read_file(path: str | Path) -> C3DFile:
    """Read a C3D container of any of the three processors, integer or float.

    Raises
    ------
    GaitcastError
        If it is not a C3D file, is cut short or contradicts itself.
    """
    path = Path(path)
    where = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GaitcastError(error.strerror or "cannot be read", where=where) from error
    if len(content) < 2 * _BLOCK or content[1] != 0x50:
        raise GaitcastError("not a C3D file: its header is missing", where=where)
    start = (content[0] - 1) * _BLOCK
    if start < _BLOCK or start + 4 > len(content) or content[start + 3] not in (84, 85, 86):
        raise GaitcastError("the C3D header points to no parameter section", where=where)
    decoder = _Decoder(content, content[start + 3])
    with np.errstate(over="ignore", invalid="ignore"):  # damaged bytes can stand for any float
        parameters = _read_parameters(decoder, start, where)
        return _read_samples(decoder, parameters, start, where)


@dataclass(frozen=True)
class _Decoder:
    """Bytes, and the byte order of the processor that wrote them."""

    content: bytes
    processor: int

    def take(self, kind: str, at: int, count: int = 1) -> np.ndarray:
        """Numbers at an offset: ``i1``, ``u1``, ``i2``, ``u2`` or ``f4``."""
        order = ">" if self.processor == _MIPS else "<"
        if kind == "f4" and self.processor == _DEC:
            words = np.frombuffer(self.content, "<u2", 2 * count, at).reshape(-1, 2)
            return words[:, ::-1].copy().view("<f4")[:, 0] / np.float32(4)
        return np.frombuffer(self.content, f"{order}{kind}", count, at)


def _read_parameters(decoder: _Decoder, start: int, where: str) -> Parameters:
    """Walk the linked list of groups and parameters."""
    content = decoder.content
    groups: dict[int, str] = {}
    found: list[tuple[int, str, np.ndarray | list[str]]] = []
    at = start + 4
    while at + 2 <= len(content):
        length, group = (int(v) for v in decoder.take("i1", at, 2))
        after_name = at + 2 + abs(length)
        if length == 0 or group == 0:
            break
        if after_name + 3 > len(content):
            raise _damaged(where, at)
        name = content[at + 2 : after_name].decode("latin-1").strip().upper()
        if not name.isprintable():
            raise _damaged(where, at)
        if group < 0:
            groups[-group] = name
        else:
            found.append((group, name, _read_value(decoder, after_name + 2, where)))
        step = int(decoder.take("i2", after_name)[0])
        if step == 0:
            break
        if step < 3:
            raise _damaged(where, at)
        at = after_name + step
    parameters: Parameters = {name: {} for name in groups.values()}
    for group, name, value in found:
        if group in groups:
            parameters[groups[group]][name] = value
    return parameters


def _read_value(decoder: _Decoder, at: int, where: str) -> np.ndarray | list[str]:
    content = decoder.content
    if at + 2 > len(content):
        raise _damaged(where, at)
    item, dimensions = int(decoder.take("i1", at)[0]), content[at + 1]
    shape = tuple(content[at + 2 : at + 2 + dimensions])
    begin = at + 2 + dimensions
    count = math.prod(shape)
    if item not in _ITEM or dimensions > 7 or len(shape) < dimensions:
        raise _damaged(where, at)
    if begin + count * _ITEM[item] > len(content):
        raise _damaged(where, at)
    if item == -1:
        width = shape[0] if shape else 1
        text = content[begin : begin + count].decode("latin-1")
        rows = range(0, count, width) if width else range(0)
        return [text[k : k + width].strip(" \0") for k in rows]
    kind = {1: "i1", 2: "i2", 4: "f4"}[item]
    values = decoder.take(kind, begin, count).astype(float)
    return values.reshape(shape, order="F") if shape else values.reshape(1)


def _damaged(where: str, at: int) -> GaitcastError:
    return GaitcastError(f"the C3D parameter section is damaged at byte {at}", where=where)


def _read_samples(decoder: _Decoder, parameters: Parameters, start: int, where: str) -> C3DFile:
    """Check the announced frames against the size of the file, then scale them."""
    content = decoder.content
    points, analogs, first, last = (int(v) for v in decoder.take("u2", 2, 4))
    block, per_frame = (int(v) for v in decoder.take("u2", 16, 2))
    header_scale, header_hz = (float(decoder.take("f4", at)[0]) for at in (12, 20))
    file = C3DFile(parameters, np.zeros(0), np.zeros(0), header_hz, max(first, 1) - 1)
    channels = analogs // per_frame if per_frame else 0

    def first_of(group: str, name: str, otherwise: float) -> float:
        values = file.numbers(group, name).ravel()
        return float(values[0]) if len(values) and np.isfinite(values[0]) else otherwise

    for group, announced in (("POINT", points), ("ANALOG", channels)):
        used = first_of(group, "USED", announced) % 65536  # written as a signed number
        # A few programs describe analog channels that they did not write.
        if used != announced and not (group == "ANALOG" and announced == 0):
            raise GaitcastError(
                f"C3D header and {group}:USED disagree ({announced} and {used:g})", where=where
            )
        if announced > _MOST_CHANNELS:
            raise GaitcastError(f"impossible number of channels in {group}", where=where)
    rate_hz = first_of("POINT", "RATE", header_hz)
    if not _RATES_HZ[0] <= rate_hz <= rate_hz * max(per_frame, 1) <= _RATES_HZ[1]:
        raise GaitcastError(f"a C3D rate of {rate_hz:g} Hz is impossible", where=where)
    scale = first_of("POINT", "SCALE", header_scale)
    width = 4 * points + channels * per_frame
    item = 4 if scale < 0 else 2
    begin = (block - 1) * _BLOCK
    there = max(len(content) - begin, 0) // (item * width) if width else 0
    first, frames = _frames(file, first, last, there)
    if frames < 1 or not width:
        raise GaitcastError("the C3D file has no samples", where=where)
    if block < 2 or there < frames:
        raise GaitcastError(
            f"the file ends after frame {there if block > 1 else 0} of {frames}",
            where=where,
            hint="It is cut short; copy it again",
        )
    raw = decoder.take("f4" if scale < 0 else "i2", begin, frames * width).reshape(frames, width)
    four = raw[:, : 4 * points].reshape(frames, points, 4).astype(float)
    seen = four[:, :, 3] >= 0  # a negative residual marks a point that was not seen
    xyz = np.where(seen[:, :, None], four[:, :, :3] * (1.0 if scale < 0 else scale), np.nan)
    counts = raw[:, 4 * points :].reshape(frames * per_frame, channels)
    analog = _scaled(file, counts, scale < 0, where)
    # The last block of 512 bytes is filled up, and some programs fill up more of them with zeros.
    rest = content[begin + frames * item * width :]
    filled = len(rest.rstrip(b"\0")) if len(rest) > _BLOCK else 0
    beyond = math.ceil(filled / (item * width))
    beyond = 0 if start > begin else beyond
    events = _header_events(decoder)
    return C3DFile(parameters, xyz, analog, rate_hz, first - 1, events, beyond)


#: Of the header: word 150 says that there are events, with labels of four letters.
_EVENT_KEY = 12345
_MOST_HEADER_EVENTS = 18


def _header_events(decoder: _Decoder) -> tuple[tuple[str, float], ...]:
    key, count = (int(v) for v in decoder.take("u2", 298, 2))
    if key != _EVENT_KEY:
        return ()
    count = min(count, _MOST_HEADER_EVENTS)
    times = decoder.take("f4", 304, count).tolist()
    text = decoder.content[396 : 396 + 4 * count].decode("latin-1")
    labels = [text[4 * k : 4 * k + 4].strip(" \0") for k in range(count)]
    return tuple(zip(labels, times, strict=True))


def _frames(file: C3DFile, first: int, last: int, there: int) -> tuple[int, int]:
    """Number of the first frame, from 1, and of frames.

    The header's 16 bits hold no number above 65,535: some programs write 65,535 then, others
    what is left over. POINT:FRAMES as a float, POINT:LONG_FRAMES and TRIAL hold longer ones.
    """
    announced = last - first + 1
    start, end = (_field(file, name) for name in ("ACTUAL_START_FIELD", "ACTUAL_END_FIELD"))
    longer = [
        int(values[0])
        for name in ("LONG_FRAMES", "FRAMES")
        if len(values := file.numbers("POINT", name).ravel()) and np.isfinite(values[0])
    ]
    if start > 0 and end >= start:
        longer.insert(0, end - start + 1)
        first = start if start % 65536 == first or first == 65535 else first
    full = last == 65535 or last < first or not announced
    for count in longer:
        wrapped = count > 65535 and count % 65536 == announced % 65536
        if count > max(announced, 0) and (wrapped or full) and (full or count <= there):
            return first, count
    return first, announced


def _field(file: C3DFile, name: str) -> int:
    """A number of 32 bits, stored as its low and high half."""
    halves = file.numbers("TRIAL", name).ravel()
    if len(halves) != 2 or not np.isfinite(halves).all():
        return 0
    return int(halves[0] % 65536 + 65536 * (halves[1] % 65536))


def _scaled(file: C3DFile, counts: np.ndarray, floats: bool, where: str) -> np.ndarray:
    """Analog samples in the file's units: (count - offset) * scale * general scale."""
    channels = counts.shape[1]
    if not counts.size:
        return np.zeros((len(counts), channels))
    lists = []
    for name, otherwise in (("SCALE", 1.0), ("OFFSET", 0.0)):
        parts = [file.numbers("ANALOG", f"{name}{k}").ravel() for k in ["", *range(2, 20)]]
        values = np.concatenate(parts)
        if len(values) < channels:
            if len(values):
                raise GaitcastError(
                    f"C3D ANALOG:{name} has {len(values)} entries for {channels}", where=where
                )
            values = np.full(channels, otherwise)
        lists.append(values[:channels])
    scale, offset = lists
    general = file.numbers("ANALOG", "GEN_SCALE").ravel()
    if "UNSIGNED" in file.text("ANALOG", "FORMAT"):
        offset = offset % 65536
        counts = counts if floats else counts.view(counts.dtype.str.replace("i", "u"))
    return (counts.astype(float) - offset) * scale * (general[0] if len(general) else 1.0)
