"""The streams of an XDF file that is being written: what waits, headers and footers."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import numpy as np

#: So many samples of a stream wait at most.
MOST_ROWS = 256
#: Type of a stream of forecasts, which are no measurements.
FORECAST = "forecast"


class Stream:
    """A stream of the file: its number, header and footer."""

    form = ""

    def __init__(
        self, number: int, name: str, kind: str, labels: Sequence[str], rate_hz: float
    ) -> None:
        self.number, self.name, self.kind = number, name, kind
        self.labels, self.units, self.rate_hz = tuple(labels), [""] * len(labels), rate_hz
        self.count, self._sum, self._ends_s = 0, 0, (0.0, 0.0)

    @property
    def full(self) -> bool:
        """Whether no other sample may wait."""
        return self.count >= MOST_ROWS

    @property
    def last_s(self) -> float:
        """Time of the newest sample; 0 before the first."""
        return self._ends_s[1]

    def _counted(self, time_s: float) -> None:
        self._ends_s = (self._ends_s[0] if self._sum else time_s, time_s)
        self.count, self._sum = self.count + 1, self._sum + 1

    def header(self, source: str) -> bytes:
        """Content of the stream's header, behind its number."""
        channels = "".join(
            f"<channel><label>{_text(label)}</label><unit>{_text(unit)}</unit></channel>"
            for label, unit in zip(self.labels, self.units, strict=True)
        )
        # Time stamps are the source's own: readers must not smooth them over lost samples.
        return xml(
            f"<info><name>{self.name}</name><type>{self.kind}</type>"
            f"<channel_count>{len(self.labels)}</channel_count>"
            f"<nominal_srate>{self.rate_hz:.12g}</nominal_srate>"
            f"<channel_format>{self.form}</channel_format><source_id>{source}</source_id>"
            f"<desc><channels>{channels}</channels><synchronization>"
            "<can_drop_samples>true</can_drop_samples></synchronization></desc></info>"
        )

    def footer(self) -> bytes:
        """Content of the stream's footer, behind its number."""
        first, last = self._ends_s
        return xml(
            f"<info><first_timestamp>{first!r}</first_timestamp>"
            f"<last_timestamp>{last!r}</last_timestamp>"
            f"<sample_count>{self._sum}</sample_count></info>"
        )


class NumberStream(Stream):
    """Samples of numbers, which wait in rows as the file holds them."""

    form = "double64"

    def __init__(
        self,
        number: int,
        name: str,
        kind: str,
        labels: Sequence[str],
        units: Mapping[str, str],
        rate_hz: float,
    ) -> None:
        super().__init__(number, name, kind, labels, rate_hz)
        # A forecast is named TARGET+MSms.
        self.units = [units.get(label.split("+")[0], "") for label in labels]
        row = [("size", "u1"), ("time_s", "<f8"), ("values", "<f8", (len(self.labels),))]
        self._rows = np.zeros(MOST_ROWS, np.dtype(row))
        self._rows["size"] = 8

    def add(self, time_s: float, values: np.ndarray) -> None:
        """Take a sample, shape (channels,); not while :attr:`full`."""
        self._rows["time_s"][self.count] = time_s
        self._rows["values"][self.count] = values
        self._counted(float(time_s))

    def take(self) -> bytes:
        """Content of a chunk of all that waits; nothing waits then."""
        rows, self.count = self._rows[: self.count], 0
        return struct.pack("<BI", 4, len(rows)) + rows.tobytes()


class TextStream(Stream):
    """Samples of one word or line."""

    form = "string"

    def __init__(self, number: int, name: str, kind: str) -> None:
        super().__init__(number, name, kind, ("mark",), 0.0)
        self._rows: list[bytes] = []

    def add(self, time_s: float, text: str) -> None:
        """Take a line; not while :attr:`full`."""
        word = text.encode("utf-8", "replace")
        self._rows.append(struct.pack("<BdBI", 8, time_s, 4, len(word)) + word)
        self._counted(float(time_s))

    def take(self) -> bytes:
        """Content of a chunk of all that waits; nothing waits then."""
        rows, self._rows, self.count = self._rows, [], 0
        return struct.pack("<BI", 4, len(rows)) + b"".join(rows)


def chunk(tag: int, content: bytes, stream: int | None = None) -> bytes:
    """A chunk of an XDF file, of a stream or of the whole file."""
    number = b"" if stream is None else struct.pack("<I", stream)
    return struct.pack("<BIH", 4, 2 + len(number) + len(content), tag) + number + content


def xml(text: str) -> bytes:
    """A document of XML in UTF-8."""
    return b'<?xml version="1.0"?>' + text.encode("utf-8", "replace")


def _text(text: str) -> str:
    return escape("".join(c for c in text if c.isprintable()))
