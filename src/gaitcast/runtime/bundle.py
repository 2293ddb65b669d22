"""`Bundle`: a folder with ``graph.onnx`` and ``card.json``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from gaitcast.errors import GaitcastError

#: Version of the card; a bundle of another version is refused.
FORMAT = 2


@dataclass(frozen=True)
class Card:
    """What a bundle says of itself.

    Parameters
    ----------
    name : str
        Of the bundle.
    channels, units : tuple of str
        Of the raw sample, in order.
    targets, target_units : tuple of str
        Of the forecast.
    rate_hz : float
        Sampling rate of the graph.
    resample : bool
        Whether raw samples are first brought onto a uniform clock of `rate_hz`.
    max_gap_s : float
        A longer interval between samples starts anew.
    horizon : int
        Farthest step ahead that is forecast, samples.
    first : int
        Nearest one: 1 for all up to `horizon`, `horizon` for that one alone, 0 for the present.
    covariates : tuple of str
        What has to be known of the wearer, such as ``mass_kg``; numbers given when it is loaded.
    warmup : int
        Samples from the start of a segment to the first forecast that counts.
    delay_s : float
        Group delay of the signal steps, part of the horizon.
    state : dict of str to tuple of int
        Shape of everything that is carried.
    graph_sha256 : str
        Of ``graph.onnx``.
    origin : dict
        Where the fit comes from: study, fit hash, model, inputs, steps, training people, the person
        held out, and the scores on that person.
    versions : dict of str to str
        Of the libraries at export.
    format : int
        Version of the card.
    """

    name: str
    channels: tuple[str, ...]
    units: tuple[str, ...]
    targets: tuple[str, ...]
    target_units: tuple[str, ...]
    rate_hz: float
    resample: bool
    max_gap_s: float
    horizon: int
    first: int
    covariates: tuple[str, ...]
    warmup: int
    delay_s: float
    state: dict[str, tuple[int, ...]]
    graph_sha256: str
    origin: dict[str, Any]
    versions: dict[str, str]
    format: int = FORMAT

    @property
    def steps(self) -> range:
        """Steps ahead that are forecast, samples."""
        return range(self.first, self.horizon + 1)

    def to_json(self) -> str:
        """As text.

        Returns
        -------
        str
            JSON.
        """
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """Read a card.

        Parameters
        ----------
        text : str
            JSON.

        Returns
        -------
        Card
            Checked for its fields and version.

        Raises
        ------
        GaitcastError
            If it is no card of this version.
        """
        try:
            content: dict[str, Any] = json.loads(text)
            if content.get("format") != FORMAT:
                raise GaitcastError(
                    f"card has format {content.get('format')}, this runtime reads {FORMAT}"
                )
            missing = {f.name for f in fields(cls)} ^ content.keys()
            if missing:
                raise GaitcastError(f"card fields missing or unknown: {', '.join(sorted(missing))}")
        except (json.JSONDecodeError, AttributeError) as error:
            raise GaitcastError(f"card.json is not a card: {error}") from error
        for key, value in content.items():
            if isinstance(value, list):
                content[key] = tuple(value)
        _check_card(content)
        content["state"] = {k: tuple(v) for k, v in content["state"].items()}
        return cls(**content)


def _check_card(content: dict[str, Any]) -> None:
    def names(value: object) -> bool:
        return isinstance(value, tuple) and all(isinstance(v, str) for v in value)

    def positive(value: object, kind: type = float) -> bool:
        number = isinstance(value, int | kind) and not isinstance(value, bool)
        return number and 0 < float(value) < 1e6  # type: ignore[arg-type]

    def as_many(one: str, other: str) -> bool:
        return (
            names(content[one])
            and names(content[other])
            and (len(content[one]) == len(content[other]) > 0)
        )

    state = content["state"]
    horizons = all(
        isinstance(content[k], int) and not isinstance(content[k], bool)
        for k in ("horizon", "first")
    )
    checks = {
        "channels": as_many("channels", "units"),
        "targets": as_many("targets", "target_units"),
        "rate_hz": positive(content["rate_hz"]),
        "max_gap_s": positive(content["max_gap_s"]),
        "horizon": positive(content["horizon"] + 1, int) if horizons else False,
        "first": horizons and 0 <= content["first"] <= content["horizon"],
        "covariates": names(content["covariates"]),
        "warmup": positive(content["warmup"], int),
        "resample": isinstance(content["resample"], bool),
        "state": isinstance(state, dict)
        and all(isinstance(v, list) and all(positive(n, int) for n in v) for v in state.values()),
    }
    bad = [name for name, good in checks.items() if not good]
    if bad:
        raise GaitcastError(f"card.json has impossible values: {', '.join(bad)}")


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk, checked.

    Parameters
    ----------
    path : Path
        Its folder.
    card : Card
        What it says of itself.
    graph : bytes
        The ONNX model, whose hash agrees with the card.
    """

    path: Path
    card: Card
    graph: bytes

    @classmethod
    def load(cls, path: str | Path) -> Bundle:
        """Read a bundle.

        Parameters
        ----------
        path : str or Path
            Folder with ``graph.onnx`` and ``card.json``.

        Returns
        -------
        Bundle
            Ready for an :class:`~gaitcast.runtime.engine.Engine`.

        Raises
        ------
        GaitcastError
            If a file is missing, the card is of another version, or the graph was changed.
        """
        folder = Path(path)
        try:
            card = Card.from_json((folder / "card.json").read_text(encoding="utf-8"))
            graph = (folder / "graph.onnx").read_bytes()
        except OSError as error:
            raise GaitcastError(
                f"not a bundle: no readable {Path(str(error.filename)).name}",
                where=str(folder),
                hint="Export one with 'gaitcast export'",
            ) from error
        except UnicodeDecodeError as error:
            raise GaitcastError("card.json is not text", where=str(folder)) from error
        except GaitcastError as error:
            raise GaitcastError(error.what, where=str(folder), hint="Export it again") from error
        if hashlib.sha256(graph).hexdigest() != card.graph_sha256:
            raise GaitcastError(
                "graph.onnx is not the one its card describes",
                where=str(folder),
                hint="Export it again",
            )
        return cls(folder, card, graph)
