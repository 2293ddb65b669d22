"""`Bundle`: a folder with ``graph.onnx`` and ``card.json``."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import onnxruntime as ort

from gaitcast.errors import GaitcastError
from gaitcast.runtime.card_check import check_card

#: Version of the card; a bundle of another version is refused.
FORMAT = 3
#: Share of new people's truth that the intervals of forecasts are made for.
INTERVAL_LEVEL = 0.9
#: Larger files are none of a bundle; ONNX itself ends at 2 GiB.
_MOST_CARD, _MOST_GRAPH = 2**24, 2**31
#: Fields that stand in the graph's metadata too.
_SHOWN = (
    *("channels", "units", "targets", "target_units", "rate_hz", "raw_hz", "first", "horizon"),
    *("warmup", "covariates", "adapter_delay_s", "steps_delay_s", "state"),
)
#: Fields that came after the card's hash: while they are empty, they are no part of it.
_AFTER_HASH = ("covariate_range",)
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
        for name in _AFTER_HASH:
            if not content[name]:
                del content[name]
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
        content = {**_LATER, **_card_fields(text)}
        method = (
            content["adapted_by"].get("method") if isinstance(content["adapted_by"], dict) else ""
        )
        content.setdefault("learns", method != "fixed-memory")  # of before this field
        missing = {f.name for f in fields(cls)} ^ content.keys()
        if missing:
            names = ", ".join(sorted(missing))
            raise GaitcastError(f"card fields missing or unknown: {names[:200]}")
        for key, value in content.items():
            if isinstance(value, list):
                content[key] = tuple(value)
        check_card(content)
        for name in ("usual", "covariate_range"):
            content[name] = {k: tuple(v) for k, v in content[name].items()}
        content["state"] = {k: tuple(v) for k, v in content["state"].items()}
        content["half_width"] = tuple(map(tuple, content["half_width"]))
        return cls(**content)


def _card_fields(text: str) -> dict[str, Any]:
    """The fields of a card of this version."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GaitcastError(f"card.json is not a card: {str(error)[:200]}") from error
    if not isinstance(content, dict):
        raise GaitcastError("card.json is not a card: it holds no fields")
    if content.get("format") != FORMAT:
        raise GaitcastError(
            f"card has format {str(content.get('format'))[:20]}, this runtime reads {FORMAT}",
            hint="Make it anew: gaitcast export RUN --out BUNDLE",
        )
    return content


def _content(file: Path, most_bytes: int) -> bytes:
    """All of a file of a bundle; what is no file, or too large to be one of them, is not opened."""
    if not file.is_file() or file.stat().st_size > most_bytes:
        raise FileNotFoundError(errno.ENOENT, "not such a file", str(file))
    return file.read_bytes()


def open_graph(graph: bytes, wearers: int = 1) -> ort.InferenceSession:
    """Make a graph ready to run on one thread, for so many wearers at once."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("wearers", wearers)
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


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
    graph: bytes = field(repr=False)
    begins: bytes = field(default=b"", repr=False)
    _sessions: dict[int, ort.InferenceSession] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def session(self) -> ort.InferenceSession:
        """The graph for one wearer, see :meth:`session_for`."""
        return self.session_for(1)

    def session_for(self, wearers: int) -> ort.InferenceSession:
        """The graph ready to run on one thread; engines of the same bundle share it.

        Parameters
        ----------
        wearers : int
            At each run. A graph that takes one only, such as that of a windowed model, stays so.

        Returns
        -------
        onnxruntime.InferenceSession
            Its errors share no base class: what reads it turns them into a `GaitcastError`.
        """
        if wearers not in self._sessions:
            self._sessions[wearers] = open_graph(self.graph, wearers)
        return self._sessions[wearers]

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
            card = Card.from_json(_content(folder / "card.json", _MOST_CARD).decode("utf-8"))
            graph = _content(folder / "graph.onnx", _MOST_GRAPH)
            begins = b""
            if card.begins_sha256 or (folder / "begins.npz").exists():
                begins = _content(folder / "begins.npz", _MOST_GRAPH)
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
            known = name == "graph.onnx" or content or wanted
            if known and hashlib.sha256(content).hexdigest() != wanted:
                raise GaitcastError(
                    f"{name} is not the one its card describes",
                    where=str(folder),
                    hint="Export it again",
                )
        return cls(folder, card, graph, begins)
