"""Addresses of live sources and sinks: ``udp://:9000``, ``serial:/dev/ttyUSB0?baud=9600``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl, urlsplit

from gaitcast.errors import GaitcastError, nearest

#: Options that each kind of address takes after ``?``.
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "udp": ("channels",),
    "tcp": ("channels",),
    "tcp-listen": ("channels",),
    "serial": ("baud", "channels"),
    "lsl": ("channels",),
    "stdin": (),
}
_NETWORK = ("udp", "tcp", "tcp-listen")


@dataclass(frozen=True)
class Address:
    """Where samples come from, or forecasts go to.

    Parameters
    ----------
    text : str
        As it was written.
    kind : str
        ``udp``, ``tcp``, ``tcp-listen``, ``serial``, ``lsl`` or ``stdin``.
    place : str
        Host, serial device or name of the stream.
    port : int
        Of a network address; 0 for others.
    options : dict of str to str
        What stands after ``?``.
    """

    text: str
    kind: str
    place: str = ""
    port: int = 0
    options: Mapping[str, str] = field(default_factory=dict)

    def channels(self, of: Sequence[str]) -> list[int]:
        """Which of a bundle's channels this source gives.

        Parameters
        ----------
        of : sequence of str
            The bundle's channels, in order.

        Returns
        -------
        list of int
            Their positions: all of them without the option ``channels``.

        Raises
        ------
        GaitcastError
            If the option names none of them.
        """
        patterns = self.options.get("channels", "*").split(",")
        found = [k for k, name in enumerate(of) if any(fnmatchcase(name, p) for p in patterns)]
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in of):
                raise GaitcastError(
                    f"the bundle has no channel '{pattern}'",
                    where=self.text,
                    hint=nearest(pattern, list(of)),
                )
        return found


def parse_address(text: str) -> Address:
    """Read an address.

    Parameters
    ----------
    text : str
        Without a host, as in ``udp://:9000``, it is this machine's loopback.

    Returns
    -------
    Address

    Raises
    ------
    GaitcastError
        If it is none.
    """
    kind = text.partition(":")[0]
    if kind not in _OPTIONS:
        hint = nearest(kind, [*_OPTIONS]) or "Such as udp://:9000, serial:/dev/ttyUSB0, lsl:NAME"
        raise GaitcastError(f"'{text}' is no address", hint=hint)
    try:
        parts = urlsplit(text)
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        place, port = parts.path, 0
        if kind in _NETWORK:
            place, port = parts.hostname or "127.0.0.1", parts.port or 0
            sound = bool(port) and not parts.path
        else:
            place = place.strip("/") if kind == "lsl" else place
            sound = bool(place) and not parts.netloc and (text == kind) == (kind == "stdin")
    except ValueError:
        sound, given, place, port = False, [], "", 0
    if not sound or parts.fragment:
        shown = {"serial": "serial:/dev/ttyUSB0?baud=115200", "lsl": "lsl:NAME", "stdin": "stdin"}
        hint = f"Such as {shown.get(kind, f'{kind}://127.0.0.1:9000')}"
        raise GaitcastError(f"'{text}' is no address", hint=hint)
    for name, _ in given:
        if name not in _OPTIONS[kind]:
            takes = ", ".join(_OPTIONS[kind]) or "no options"
            raise GaitcastError(
                f"unknown option '{name}'", where=text, hint=f"{kind} takes {takes}"
            )
    return Address(text, kind, place, port, dict(given))
