"""A graph for some wearers at once: a row of its arrays for each of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bound_graph import BoundGraph
from gaitcast.runtime.bundle import Bundle

#: Wearers of a block at most, and what their state may take at most, bytes: so much stays in cache.
_MOST_ROWS, _MOST_BYTES = 64, 6 << 20


def block_rows(bundle: Bundle) -> int:
    """How many wearers are best run at once.

    Parameters
    ----------
    bundle : Bundle

    Returns
    -------
    int
        1 where the graph takes one wearer only.
    """
    size = 4 * sum(int(np.prod(shape)) for shape in bundle.card.state.values())
    rows = min(_MOST_ROWS, max(8, 1 << max(0, (_MOST_BYTES // max(1, size)).bit_length() - 1)))
    (sample,) = (i for i in bundle.session_for(rows).get_inputs() if i.name == "sample")
    return int(sample.shape[0])


class GraphBlock:
    """Runs a bundle's graph for a fixed number of wearers.

    Parameters
    ----------
    bundle : Bundle
    rows : int
        Number of wearers, N: all of them are computed at each run, so that what one gets does not
        depend on who else is there.

    Raises
    ------
    GaitcastError
        If the graph does not fit its card, or takes no more than one wearer.

    Attributes
    ----------
    sample : numpy.ndarray, shape (N, 1, channels)
        To be written into before a run.
    dt_s : numpy.ndarray, shape (N,)
        The same.
    """

    def __init__(self, bundle: Bundle, rows: int = 1) -> None:
        card, where = bundle.card, str(bundle.path)
        try:
            session = bundle.session_for(rows)
            inputs = {i.name: tuple(i.shape) for i in session.get_inputs()}
            metadata = session.get_modelmeta().custom_metadata_map
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise GaitcastError(
                "graph.onnx is not a model that ONNX Runtime can run", where=where
            ) from error
        if metadata.get("card_sha256") not in (None, card.metadata()["card_sha256"]):
            raise GaitcastError(
                "card.json is not the one that was written with graph.onnx",
                where=where,
                hint="Export it again",
            )
        self.sample = np.zeros((rows, 1, len(card.channels)), np.float32)
        self.dt_s = np.zeros(rows, np.float32)
        self._known = {}
        if card.covariates:
            self._known["covariates"] = np.zeros((rows, 1, len(card.covariates)), np.float32)
        given = {"sample": self.sample, "dt_s": self.dt_s, **self._known}
        shapes = {name: inputs.pop(name, ()) for name in card.state}
        self._axes = {name: _axis(shapes[name], card.state[name], rows) for name in shapes}
        if inputs != {name: array.shape for name, array in given.items()} or None in (
            self._axes.values()
        ):
            raise GaitcastError("card.json does not describe graph.onnx", where=where)
        self._in_place = [n for n in metadata.get("in_place", "").split(",") if n in shapes]
        self._graph = BoundGraph(session, given, shapes, "forecast", self._in_place)
        self.rows = rows

    def row(self, number: int) -> GraphRow:
        """One wearer's part."""
        return GraphRow(self, number)

    def state(self, row: int) -> dict[str, np.ndarray]:
        """What a wearer's next step takes, by name, shaped as on the card: to be written into."""
        at = slice(row, row + 1)
        return {
            name: array[at] if self._axes[name] == 0 else array[:, at]
            for name, array in self._graph.state.items()
        }

    def know(self, row: int, covariates: Mapping[str, np.ndarray]) -> None:
        """Take the covariates of a wearer."""
        for name, value in covariates.items():
            self._known[name][row] = value[0]

    def lend(self, rows: np.ndarray, other: GraphBlock) -> None:
        """Copy the state of some rows, and their covariates, to the same rows of another block."""
        for name, array in self._graph.state.items():
            self._put(name, other._graph.state[name], rows, self._of(name, array, rows))
        for name, array in self._known.items():
            other._known[name][rows] = array[rows]

    def run(self, present: np.ndarray | None = None) -> np.ndarray:
        """One step of those who are present.

        Parameters
        ----------
        present : numpy.ndarray of bool, shape (N,), optional
            The state of the others stays as it is; by default all are.

        Returns
        -------
        numpy.ndarray, shape (N, steps, targets)
            Forecasts; of those who are not present they mean nothing. The next run writes into it.
        """
        if present is None or present.all():
            return self._graph.step()
        absent = np.flatnonzero(~present)
        before = dict(self._graph.state)
        kept = {name: self._of(name, before[name], absent) for name in self._in_place}
        made = self._graph.step()
        for name, after in self._graph.state.items():
            value = kept[name] if name in kept else self._of(name, before[name], absent)
            self._put(name, after, absent, value)
        return made

    def _of(self, name: str, array: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Copy of some rows of a state."""
        return array[rows] if self._axes[name] == 0 else array[:, rows]

    def _put(self, name: str, array: np.ndarray, rows: np.ndarray, value: np.ndarray) -> None:
        if self._axes[name] == 0:
            array[rows] = value
        else:
            array[:, rows] = value


class GraphRow:
    """One wearer's part of a :class:`GraphBlock`."""

    def __init__(self, block: GraphBlock, row: int) -> None:
        self._block, self._row = block, row
        self._alone = None if block.rows == 1 else np.arange(block.rows) == row

    @property
    def state(self) -> dict[str, np.ndarray]:
        """What the next step takes, by name: to be read, and to be written into."""
        return self._block.state(self._row)

    def know(self, covariates: Mapping[str, np.ndarray]) -> None:
        """Take what is known of the wearer."""
        self._block.know(self._row, covariates)

    def step(self, sample: np.ndarray, dt_s: float) -> np.ndarray:
        """One sample of the bundle's clock, shape (channels,); gives (steps, targets)."""
        block, row = self._block, self._row
        block.sample[row, 0] = sample
        block.dt_s[row] = dt_s
        return block.run(self._alone)[row].copy()


def _axis(shape: tuple[int, ...], alone: tuple[int, ...], rows: int) -> int | None:
    """The axis of the wearers in the state of some; None where it is no such state."""
    for axis in range(min(2, len(alone))):
        if (*alone[:axis], rows, *alone[axis + 1 :]) == shape and alone[axis] == 1:
            return axis
    return None
