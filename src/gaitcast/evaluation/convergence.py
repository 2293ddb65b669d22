"""Whether a training by gradient came to anything: a network worse than the mean is no result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gaitcast.evaluation.scoring import mean_error
from gaitcast.tasks import Series
from gaitcast.training import Predictor

#: About so many windows of a part are looked at.
_WINDOWS = 2000


def worse_than_mean(
    predictor: Predictor, train: Sequence[Series], parts: Mapping[str, Sequence[Series]]
) -> str:
    """Compare a fitted predictor with the mean of its training targets.

    Parameters
    ----------
    predictor : Predictor
        Fitted.
    train : sequence of Series
        Whose mean is compared with; physical units.
    parts : dict of str to sequence of Series
        What both forecast, such as ``validation`` and ``test``; an empty part is passed over.

    Returns
    -------
    str
        Where the predictor's mean absolute error, each target by its spread, is above that of the
        mean, with both; empty where it is not.
    """
    shape, spread = predictor.signature, predictor.target_scaler.scale
    mean = np.concatenate([s.known for s in train]).mean(axis=0)
    found = []
    for name, series in parts.items():
        stride = max(1, sum(map(len, series)) // _WINDOWS)
        looked = [s for s in series if len(shape.windows([s.thinned(stride)]))]
        if not looked:
            continue
        looked = [s.thinned(stride) for s in looked]
        of_mean = np.concatenate(
            [np.abs(shape.windows([s]).futures(0) - mean) / spread for s in looked]
        ).mean()
        error = mean_error(predictor, looked)
        if error > of_mean:
            found.append(f"{name} {error:.3g} SD, the mean {of_mean:.3g}")
    return "; ".join(found)
