"""Statements of a file above its table: ``key: value`` lines, and the sampling rate among them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PAIR = re.compile(r"\s*([^:=]{1,60}?)\s*[:=]+\s*(.*)")
_RATE_KEY = re.compile(
    r"(?i)\b(?:rate|freq\w*|fps|fs)\b|(?:sample|sampling|frame|output|update|capture|export|data)_?"
    r"(?:rate|freq\w*)|\bhz\b"
)
_OTHER_RATE = re.compile(
    r"(?i)filter|cut|band|pass|notch|camera|video|power|baud|gps|heart|bit|mains|original|force"
    r"|analog|emg"
)
_RATE = re.compile(
    r"(?i)\s*(\d+(?:[.,]\d+)?)\s*[\[(]?\s*(k?hz|fps|sps|/s|samples?(?:/s| per second)\w*)?[\])]?\s*"
)
_INLINE_RATE = re.compile(
    r"(?i)(?:sampl\w*|frame|output|update)\s*_?(?:rate|freq\w*)\s*[:=(]*\s*(\d+(?:\.\d+)?)\s*(k?hz)?"
)


def read_preamble(above: Sequence[Sequence[str]]) -> tuple[dict[str, str], float | None, list[str]]:
    """Statements above a table.

    Parameters
    ----------
    above : sequence of sequence of str
        Fields of each line, none of them blank.

    Returns
    -------
    about : dict of str to str
    rate_hz : float or None
        Of the samples, where the file states one rate.
    notes : list of str
        Such as that the statements disagree.
    """
    about: dict[str, str] = {}
    for fields in above:
        for key, value in _pairs(fields):
            about.setdefault(key, value)
    rates = {key: rate for key, value in about.items() if (rate := _rate(key, value))}
    for fields in above:
        for match in _INLINE_RATE.finditer(" ".join(fields)):
            rate = float(match[1]) * (1000 if (match[2] or "").lower() == "khz" else 1)
            if not _OTHER_RATE.search(" ".join(fields)[: match.start()][-20:]):
                rates.setdefault(f"{match[0]}", rate)
    exported = [rate for key, rate in rates.items() if re.search(r"(?i)export|output", key)]
    different = set(exported[:1] or rates.values()) - {0.0}
    if len(different) > 1:
        shown = ", ".join(f"{rate:g}" for rate in sorted(different))
        return about, None, [f"the lines above the table state several rates: {shown} Hz"]
    return about, next(iter(different), None), []


def _pairs(fields: Sequence[str]) -> list[tuple[str, str]]:
    texts = [text.strip().strip('"') for text in fields]
    if (
        len(texts) >= 4
        and len(texts) % 2 == 0
        and not any(":" in t or "=" in t for t in texts[::2])
    ):
        return [*zip(texts[::2], texts[1::2], strict=True)]
    pair = _PAIR.fullmatch(texts[0]) if texts else None
    if pair and (pair[2] or len(texts) > 1):
        value = " ".join(t for t in (pair[2], *texts[1:]) if t)
        return [
            (pair[1], value),
            *(p for t in texts[1:] for p in _pairs([t]) if _PAIR.fullmatch(t)),
        ]
    if len(texts) >= 2:
        return [(texts[0].rstrip(": "), " ".join(texts[1:]))]
    return []


def _rate(key: str, value: str) -> float:
    """The rate that a statement gives, Hz, or 0."""
    if not _RATE_KEY.search(key) or _OTHER_RATE.search(key):
        return 0.0
    found = _RATE.fullmatch(value)
    if not found:
        return 0.0
    rate = float(found[1].replace(",", "."))
    return rate * (1000 if (found[2] or "").lower() == "khz" else 1)
