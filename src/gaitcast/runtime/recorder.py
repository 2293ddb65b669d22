"""Record a stream as it runs: raw samples, forecasts and marks in an XDF file that only grows.

XDF is the format of the Lab Streaming Layer (https://github.com/sccn/xdf/wiki/Specifications):
chunks of a length, a tag and content, so that a file that ends anywhere is readable up to there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from io import FileIO
from pathlib import Path
from types import TracebackType

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Card
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.recorder_streams import FORECAST, NumberStream, TextStream, chunk, xml
from gaitcast.runtime.sinks import csv_names

#: Samples wait at most so long before they are written, s.
WRITE_S = 0.5
#: Readers find their way behind damage by a boundary: at least one every so many seconds.
_BOUNDARY_S = 10.0
_BOUNDARY = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")
_FILE, _HEADER, _SAMPLES, _BOUNDARY_TAG, _FOOTER = 1, 2, 3, 5, 6
_LONGEST_MARK = 1000


class Recorder:
    """Raw samples, forecasts and marks of a stream as three streams of an XDF file.

    Use it as a context manager. The file begins with the first sample. What came is handed to the
    operating system at least every :data:`WRITE_S` while samples come, so that a killed process
    loses no more than that. Memory does not grow.

    Parameters
    ----------
    path : str or Path
        ``.xdf``; its folder is made if absent.
    card : Card
        Of the bundle: names, units and rates of the streams.
    contact : tuple of sequence of str, optional
        Of forecasts at contact: the channels of a sample, and the columns of the forecasts, the
        time first. By default the card's channels and :func:`csv_names`.
    rate_hz : float, optional
        Nominal rate of the samples; default the card's ``raw_hz``.

    Raises
    ------
    GaitcastError
        If the file exists, or is not to be called ``.xdf``.
    """

    def __init__(
        self,
        path: str | Path,
        card: Card,
        contact: tuple[Sequence[str], Sequence[str]] | None = None,
        rate_hz: float | None = None,
    ) -> None:
        self._path = Path(path)
        if self._path.suffix.lower() != ".xdf":
            raise GaitcastError("a recording is an XDF file", where=str(path), hint="Name it .xdf")
        if self._path.exists():
            raise self._exists()
        measured, names = contact or (card.channels, csv_names(card))
        units = {
            **dict(zip(card.channels, card.units, strict=True)),
            **dict(zip(card.targets, card.target_units, strict=True)),
        }
        raw_hz = card.raw_hz if rate_hz is None else rate_hz
        self._raw = NumberStream(1, "samples", "gait", measured, units, raw_hz)
        made_hz = card.rate_hz if contact is None else 0.0
        self._made = NumberStream(2, "forecasts", FORECAST, names[1:], units, made_hz)
        self._marks = TextStream(3, "marks", "Markers")
        self._streams = (self._raw, self._made, self._marks)
        self._source = f"gaitcast-{card.graph_sha256[:16]}"
        self._file: FileIO | None = None
        self._written_s = self._bounded_s = time.monotonic()
        self._untimed = False
        self._failed: GaitcastError | None = None

    def add(self, time_s: float, sample: np.ndarray, made: Sequence[Forecast] = ()) -> None:
        """Take a raw sample and the forecasts that it gave.

        Parameters
        ----------
        time_s : float
            Its time stamp, as it came. A sample whose stamp is no number is left out, with a mark.
        sample : numpy.ndarray, shape (channels,)
            As it came; NaN where a value is missing.
        made : sequence of Forecast

        Raises
        ------
        GaitcastError
            If the file cannot be written, or was made by another process meanwhile. What was
            written before stays readable.
        """
        if np.isfinite(time_s):
            self._raw.add(time_s, sample)
        elif not self._untimed:
            self._untimed = True
            self.mark(self._raw.last_s, "samples without a time stamp are left out")
        for forecast in made:
            self._made.add(forecast.time_s, forecast.values.ravel())
            if self._made.full:
                self._write()
        self.keep()

    def mark(self, time_s: float, text: str) -> None:
        """Take a mark: what a person notes, or a fault.

        Parameters
        ----------
        time_s : float
            On the clock of the samples.
        text : str
            Cut after 1,000 characters.
        """
        if self._marks.full:
            self._write()
        self._marks.add(time_s if np.isfinite(time_s) else 0.0, text[:_LONGEST_MARK])

    def keep(self) -> None:
        """Write what has waited :data:`WRITE_S`: call it also while no samples come.

        Raises
        ------
        GaitcastError
            If the file cannot be written.
        """
        if self._file is None or self._raw.full or time.monotonic() - self._written_s >= WRITE_S:
            self._write()

    def close(self) -> None:
        """Write the rest and the footers; nothing where no sample came.

        Raises
        ------
        GaitcastError
            If the file cannot be written.
        """
        if self._file is not None:
            self._write(b"".join(chunk(_FOOTER, s.footer(), s.number) for s in self._streams))
            self._file.close()
            self._file = None

    def _write(self, behind: bytes = b"") -> None:
        now_s = time.monotonic()
        parts = [chunk(_SAMPLES, s.take(), s.number) for s in self._streams if s.count]
        if now_s - self._bounded_s >= _BOUNDARY_S:
            parts.append(chunk(_BOUNDARY_TAG, _BOUNDARY))
            self._bounded_s = now_s
        self._append(b"".join([*parts, behind]))
        self._written_s = now_s

    def _append(self, content: bytes) -> None:
        """All of it, or nothing: a chunk that does not fit on the disk is taken back."""
        if self._failed is not None:
            raise self._failed
        whole = 0
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("xb", buffering=0)
                content = self._begin() + content
            whole = self._file.tell()
            left = memoryview(content)
            while left:
                left = left[self._file.write(left) :]
        except FileExistsError as error:
            raise self._exists() from error
        except OSError as error:
            self._give_up(whole)
            self._failed = GaitcastError(
                f"cannot write the recording: {error.strerror}",
                where=str(self._path),
                hint="What was recorded before is kept" if whole else "",
            )
            raise self._failed from error

    def _give_up(self, whole: int) -> None:
        if self._file is None:
            return
        with suppress(OSError):
            self._file.truncate(whole)
        with suppress(OSError):
            self._file.close()
        self._file = None
        if not whole:
            self._path.unlink(missing_ok=True)

    def _begin(self) -> bytes:
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        about = f"<info><version>1.0</version><datetime>{now}</datetime></info>"
        heads = (chunk(_HEADER, s.header(self._source), s.number) for s in self._streams)
        return b"".join([b"XDF:", chunk(_FILE, xml(about)), *heads])

    def _exists(self) -> GaitcastError:
        return GaitcastError(
            "exists; a recording is never overwritten", where=str(self._path), hint="Name another"
        )

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
