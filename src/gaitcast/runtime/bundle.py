"""`Bundle`: a folder with ``graph.onnx`` and ``card.json``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from gaitcast.errors import GaitcastError

#: Version of the card; a bundle of another version is refused.
FORMAT = 3
#: Share of new people's truth that the intervals of forecasts are made for.
INTERVAL_LEVEL = 0.9
#: Fields that stand in the graph's metadata too.
_SHOWN = (
    *("channels", "units", "targets", "target_units", "rate_hz", "raw_hz", "first", "horizon"),
    *("warmup", "covariates", "adapter_delay_s", "steps_delay_s", "state"),
)
#: Fields that cards of this version may lack.
_LATER: dict[str, Any] = {
    "usual": {},
    "learnt": [],
    "pauses": [],
    "half_width": [],
    "begins_sha256": "",
    "pipeline_sha256": "",
    "adapted_by": {},
    "covariate_range": {},
}


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
        Working rate, that of the graph.
    raw_hz : float
        Rate of the recordings it was fitted on: what raw samples are taken to come at.
    resample : bool
        Whether raw samples are first brought onto a uniform clock of `rate_hz`, behind a causal
        low-pass where they come faster than 1.05 times that.
    max_gap_s : float
        A longer interval between samples starts anew.
    horizon : int
        Farthest step ahead that is forecast, samples.
    first : int
        Nearest one: 1 for all up to `horizon`, `horizon` for that one alone, 0 for the present.
    covariates : tuple of str
        What has to be known of the wearer, such as ``mass_kg``; numbers given when it is loaded.
    measured_ms : dict of str to float
        Channels that no IMU gives, and how long after its instant a value arrives, ms.
    warmup : int
        Samples from the start of a segment to the first forecast that counts.
    adapter_delay_s : float
        Group delay of the low-pass at `raw_hz`: so much of each horizon is past when the forecast
        is made.
    steps_delay_s : float
        Group delay of the signal steps: how old the content of the inputs is besides.
    trained_on, stopped_by, adapted_to : tuple of str
        Participants whose recordings trained the model, stopped its training, adapted it.
    state : dict of str to tuple of int
        Shape of everything that is carried.
    graph_sha256 : str
        Of ``graph.onnx``.
    study : dict
        Where it is a fit of a study: its name, the hash of the fit, model, inputs, steps, who was
        held out, and the scores on them.
    versions : dict of str to str
        Of the libraries at export.
    format : int
        Version of the card.
    usual : dict of str to tuple of float
        Channel -> mean and SD over the training people, canonical unit, of inputs that the signal
        steps keep; empty where the model does not scale by them, and on older cards.
    learnt : tuple of str
        Names in `state` of what the model learns of its wearer: it outlives a gap, and a profile
        keeps it from session to session.
    pauses : tuple of str
        Names in `state` that are set to 0 at a faulty sample: the model learns nothing of its
        wearer then, and for as long as the sample is part of what it would learn from.
    half_width : tuple of tuple of float
        Half of the interval around a forecast, (steps, targets), in the targets' units: it holds
        :data:`INTERVAL_LEVEL` of the truth of people whom the study met as new ones. Empty where
        the bundle comes from no study.
    begins_sha256 : str
        Of ``begins.npz``, a profile that the bundle begins with; empty where there is none.
    adapted_by : dict
        ``method`` and ``seconds`` of the adaptation to `adapted_to` by ``gaitcast adapt``.
    learns : bool
        False where what is in `learnt` stays as the bundle begins with it, so that there is no
        profile to keep.
    covariate_range : dict of str to tuple of float
        Covariate -> least and largest of the training people; the graph takes what is beyond as the
        nearest of them. Empty on older cards.
    pipeline_sha256 : str
        Of the files in ``pipeline`` (:func:`pipeline_hash`); empty without that folder, and on
        older cards.
    """

    name: str
    channels: tuple[str, ...]
    units: tuple[str, ...]
    targets: tuple[str, ...]
    target_units: tuple[str, ...]
    rate_hz: float
    raw_hz: float
    resample: bool
    max_gap_s: float
    horizon: int
    first: int
    covariates: tuple[str, ...]
    measured_ms: dict[str, float]
    warmup: int
    adapter_delay_s: float
    steps_delay_s: float
    trained_on: tuple[str, ...]
    stopped_by: tuple[str, ...]
    adapted_to: tuple[str, ...]
    state: dict[str, tuple[int, ...]]
    graph_sha256: str
    study: dict[str, Any]
    versions: dict[str, str]
    format: int = FORMAT
    usual: dict[str, tuple[float, float]] = field(default_factory=dict)
    learnt: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    half_width: tuple[tuple[float, ...], ...] = ()
    begins_sha256: str = ""
    adapted_by: dict[str, Any] = field(default_factory=dict)
    learns: bool = True
    pipeline_sha256: str = ""
    covariate_range: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def steps(self) -> range:
        """Steps ahead that are forecast, samples."""
        return range(self.first, self.horizon + 1)

    @property
    def delay_s(self) -> float:
        """How old the content of the inputs is when a forecast is made, at `raw_hz`."""
        return self.adapter_delay_s + self.steps_delay_s

    @property
    def ahead_s(self) -> tuple[float, ...]:
        """Each step ahead of the present, in real time: what the low-pass delays is taken off."""
        return tuple(step / self.rate_hz - self.adapter_delay_s for step in self.steps)

    def metadata(self) -> dict[str, str]:
        """What stands in the graph's own file, for programs that read no card.

        Returns
        -------
        dict of str to str
            ``gaitcast``: channels, targets, units, rates and delays as JSON; ``card_sha256``: of
            all of the card but its name, the hashes of other files, and what older cards lack.
        """
        content = asdict(self)
        shown = {name: content[name] for name in _SHOWN}
        for name in ("name", "graph_sha256", "begins_sha256", "pipeline_sha256"):
            del content[name]
        content = {k: v for k, v in content.items() if k not in _LATER or v not in ((), {}, "")}
        card = json.dumps(content, sort_keys=True).encode()
        return {"gaitcast": json.dumps(shown), "card_sha256": hashlib.sha256(card).hexdigest()}

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
                    f"card has format {content.get('format')}, this runtime reads {FORMAT}",
                    hint="Make it anew: gaitcast export RUN --out BUNDLE",
                )
            content = {**_LATER, **content}
            fixed = content["adapted_by"].get("method") == "fixed-memory"
            content.setdefault("learns", not fixed)  # of before this field
            missing = {f.name for f in fields(cls)} ^ content.keys()
            if missing:
                raise GaitcastError(f"card fields missing or unknown: {', '.join(sorted(missing))}")
        except (json.JSONDecodeError, AttributeError) as error:
            raise GaitcastError(f"card.json is not a card: {error}") from error
        for key, value in content.items():
            if isinstance(value, list):
                content[key] = tuple(value)
        _check_card(content)
        for name in ("usual", "covariate_range"):
            content[name] = {k: tuple(v) for k, v in content[name].items()}
        content["state"] = {k: tuple(v) for k, v in content["state"].items()}
        content["half_width"] = tuple(map(tuple, content["half_width"]))
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

    def pair(value: object) -> bool:
        numbers = isinstance(value, list | tuple) and len(value) == 2
        return numbers and all(isinstance(v, int | float) for v in value) and value[1] > 0  # type: ignore[attr-defined,index]

    def span(value: object) -> bool:
        numbers = isinstance(value, list | tuple) and len(value) == 2
        return numbers and all(isinstance(v, int | float) for v in value) and value[0] <= value[1]  # type: ignore[attr-defined,index]

    def widths(value: Any) -> bool:
        rows = [row if isinstance(row, list) else [row] for row in value]
        whole = all(isinstance(v, int | float) and 0 <= v < 1e9 for row in rows for v in row)
        return whole and {len(row) for row in rows} <= {len(content["targets"])}

    state = content["state"]
    horizons = all(
        isinstance(content[k], int) and not isinstance(content[k], bool)
        for k in ("horizon", "first")
    )
    checks = {
        "channels": as_many("channels", "units"),
        "targets": as_many("targets", "target_units"),
        "rate_hz": positive(content["rate_hz"]),
        "raw_hz": positive(content["raw_hz"]),
        "max_gap_s": positive(content["max_gap_s"]),
        "horizon": positive(content["horizon"] + 1, int) if horizons else False,
        "first": horizons and 0 <= content["first"] <= content["horizon"],
        "covariates": names(content["covariates"]),
        "measured_ms": isinstance(content["measured_ms"], dict),
        "usual": isinstance(content["usual"], dict) and all(map(pair, content["usual"].values())),
        "covariate_range": isinstance(content["covariate_range"], dict)
        and all(map(span, content["covariate_range"].values())),
        "learnt": names(content["learnt"]) and {*content["learnt"]} <= {*state},
        "pauses": names(content["pauses"]) and {*content["pauses"]} <= {*state},
        "half_width": isinstance(content["half_width"], tuple) and widths(content["half_width"]),
        "begins_sha256": isinstance(content["begins_sha256"], str),
        "pipeline_sha256": isinstance(content["pipeline_sha256"], str),
        "adapted_by": isinstance(content["adapted_by"], dict),
        "warmup": positive(content["warmup"], int),
        "resample": isinstance(content["resample"], bool),
        "learns": isinstance(content["learns"], bool),
        "state": isinstance(state, dict)
        and all(isinstance(v, list) and all(positive(n, int) for n in v) for v in state.values()),
    }
    bad = [name for name, good in checks.items() if not good]
    if bad:
        raise GaitcastError(f"card.json has impossible values: {', '.join(bad)}")


def pipeline_hash(folder: Path) -> str:
    """SHA-256 over names and contents of the files in a bundle's ``pipeline``.

    Parameters
    ----------
    folder : Path
        Existing.

    Returns
    -------
    str
        Hexadecimal.
    """
    whole = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        whole.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


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
    begins : bytes
        The profile that it begins with (``.npz``), whose hash agrees with the card; empty where it
        begins with nothing.
    """

    path: Path
    card: Card
    graph: bytes
    begins: bytes = b""

    @classmethod
    def load(cls, path: str | Path) -> Bundle:
        """Read a bundle.

        Parameters
        ----------
        path : str or Path
            Folder with ``graph.onnx`` and ``card.json``, and ``begins.npz`` if the card says so.

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
            begins = (folder / "begins.npz").read_bytes() if card.begins_sha256 else b""
        except OSError as error:
            raise GaitcastError(
                f"not a bundle: no readable {Path(str(error.filename)).name}",
                where=str(folder),
                hint="Export one with 'gaitcast export'",
            ) from error
        except UnicodeDecodeError as error:
            raise GaitcastError("card.json is not text", where=str(folder)) from error
        except GaitcastError as error:
            hint = error.hint or "Export it again: gaitcast export RUN --out BUNDLE"
            raise GaitcastError(error.what, where=str(folder), hint=hint) from error
        for name, content, wanted in (
            ("graph.onnx", graph, card.graph_sha256),
            ("begins.npz", begins, card.begins_sha256),
        ):
            if (wanted or name == "graph.onnx") and hashlib.sha256(content).hexdigest() != wanted:
                raise GaitcastError(
                    f"{name} is not the one its card describes",
                    where=str(folder),
                    hint="Export it again",
                )
        return cls(folder, card, graph, begins)
