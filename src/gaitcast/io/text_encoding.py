"""Bytes of a text file to text: which encoding it is in, and which line ends."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path

#: Largest text, bytes, that is taken apart line by line; a packed file can hold any size.
MOST_BYTES = 1024 * 2**20
_PACKED = b"\x1f\x8b"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_start(path: str | Path, size: int) -> bytes:
    """The first bytes of a file, unpacked.

    Parameters
    ----------
    size : int
        Greatest number of bytes.

    Raises
    ------
    OSError, EOFError, zlib.error
        If the file cannot be read or unpacked.
    """
    path = Path(path)
    with path.open("rb") as file:
        start = file.read(size)
    if not start.startswith(_PACKED):
        return start
    with gzip.open(path) as file:
        return file.read(size)


def read_text(path: str | Path) -> tuple[str, str]:
    r"""All text of a file, with ``\n`` as the line end.

    Returns
    -------
    text : str
    encoding : str
        In which it was written.

    Raises
    ------
    ValueError
        If it is no text, or larger than `MOST_BYTES`.
    OSError, EOFError, zlib.error
        If the file cannot be read or unpacked.
    """
    raw = read_start(path, MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValueError(f"its text takes more than {MOST_BYTES // 2**20} MiB; save it as Parquet")
    text, encoding = decode(raw)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def decode(raw: bytes, *, complete: bool = True) -> tuple[str, str]:
    """Text of bytes in UTF-8, UTF-16, or the code page of Windows or of old Macs.

    Parameters
    ----------
    raw : bytes
        Of the file from its beginning.
    complete : bool
        False if `raw` is only the start, which may end within a character.

    Returns
    -------
    text : str
        Without a byte order mark.
    encoding : str
        Python's name of it.

    Raises
    ------
    ValueError
        If the bytes are no text.
    """
    encoding = next((name for bom, name in _BOMS if raw.startswith(bom)), "")
    if not encoding and b"\0" in raw:
        encoding = _without_mark(raw)
    try:
        if encoding:
            return _decoded(raw, encoding, complete), encoding
        return _decoded(raw, "utf-8", complete), "utf-8"
    except UnicodeDecodeError:
        if encoding.startswith("utf-16"):
            raise ValueError("it is damaged UTF-16 text") from None
    old_mac = b"\r" in raw and b"\n" not in raw
    encoding = "mac_roman" if old_mac else "cp1252"
    try:
        return raw.decode(encoding), encoding
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def _decoded(raw: bytes, encoding: str, complete: bool) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    return decoder.decode(raw, final=complete)


def _without_mark(raw: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of plain letters is zero."""
    start = raw[:2000]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if odd > 0.4 * len(start) and not even:
        return "utf-16-le"
    if even > 0.4 * len(start) and not odd:
        return "utf-16-be"
    raise ValueError("it is not text")
