"""Training rows in the place of the windows that a closed form stores: each row once.

Neighbouring windows share nearly all their rows, so that stored windows hold a row many times over.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from gaitcast.models.signature import Signature
from gaitcast.tasks import Series, Span, Windows

_NAMES = ("rows.features", "rows.targets", "rows.lengths", "rows.counts")
_FEATURES, _TARGETS, _LENGTHS, _COUNTS = _NAMES


def pack(windows: Windows, most_bytes: int) -> dict[str, Tensor]:
    """The rows of some windows.

    Parameters
    ----------
    windows : Windows
        Scaled, at stride 1.
    most_bytes : int
        Of what they stand for.

    Returns
    -------
    dict of str to Tensor
        Empty if the rows take as much, or a target is not known.
    """
    series = windows.series
    size = sum(s.features.nbytes + s.targets.nbytes + len(s) for s in series)
    if size >= most_bytes or not all(np.isfinite(s.targets).all() for s in series):
        return {}
    counts = [np.ones(len(s), bool) if s.mask is None else s.mask for s in series]
    rows = {
        _FEATURES: np.concatenate([s.features for s in series]),
        _TARGETS: np.concatenate([s.targets for s in series]),
        _LENGTHS: np.array([len(s) for s in series]),
        _COUNTS: np.concatenate(counts),
    }
    return {name: torch.from_numpy(values) for name, values in rows.items()}


def unpack(tensors: Mapping[str, Tensor], signature: Signature) -> Windows | None:
    """Windows of rows that :func:`pack` took.

    Parameters
    ----------
    tensors : dict of str to Tensor
    signature : Signature
        Of the model.

    Returns
    -------
    Windows or None
        None if the tensors are no rows.

    Raises
    ------
    ValueError
        If they do not fit together.
    """
    if tensors.keys() != {*_NAMES}:
        return None
    edges = np.cumsum(tensors[_LENGTHS].numpy())
    parts = [np.split(tensors[name].numpy(), edges) for name in (_FEATURES, _TARGETS, _COUNTS)]
    if any(len(part[-1]) for part in parts) or len({len(edges), *(len(p) - 1 for p in parts)}) > 1:
        raise ValueError("rows that are not as many as their series")
    return signature.windows(
        [
            Series(Span("", 0, len(features)), features, targets, None if counts.all() else counts)
            for features, targets, counts in zip(*(part[:-1] for part in parts), strict=True)
        ]
    )
