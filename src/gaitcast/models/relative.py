"""Closed forms that forecast the change from the present instead of the value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from gaitcast.models.base import ClosedFormForecaster
from gaitcast.models.kept_rows import unpack
from gaitcast.tasks import Windows


class Relative(ClosedFormForecaster):
    """A closed form around the present: past and future are changes from the newest sample.

    A new person's offset - posture, marker placement, an encoder's zero - is then in neither of
    them, only in the newest sample, which is left unchanged.

    Parameters
    ----------
    inner : ClosedFormForecaster
        With a relative signature; its inputs contain the targets.
    model : str
        Its name, for errors.
    """

    def __init__(self, inner: ClosedFormForecaster, model: str) -> None:
        super().__init__(inner.signature)
        self.inner = inner
        self.columns = inner.signature.target_columns(model)
        # Set on the instance, because inner models differ.
        self.scaling = inner.scaling  # type: ignore[misc]
        self.sized_by_data = inner.sized_by_data  # type: ignore[misc]

    @property
    def receptive_field(self) -> int | None:
        """See :attr:`Forecaster.receptive_field`."""
        return self.inner.receptive_field

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        self.inner.fit(_Changes(windows, self.columns))

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        now = window[:, -1:]
        changes = torch.cat([window[:, :-1] - now, now], dim=1)
        return self.inner(changes) + now[:, :, self.columns]

    def packed(self) -> dict[str, Tensor]:
        """See :meth:`ClosedFormForecaster.packed`."""
        return {f"inner.{name}": t for name, t in self.inner.packed().items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """See :meth:`ClosedFormForecaster.restore`."""
        inner = {name.removeprefix("inner."): t for name, t in tensors.items()}
        if windows := unpack(inner, self.signature):
            self.fit(windows)
        else:
            self.inner.restore(inner)


class _Changes(Windows):
    """Windows whose older rows and futures are changes from the newest row."""

    def __init__(self, windows: Windows, columns: list[int]) -> None:
        super().__init__(
            windows.series, windows.history, windows.horizon, windows.stride, windows.first
        )
        self.columns = columns

    def _views(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        past, future = super()._views(number)
        changes = past - past[:, -1:]
        changes[:, -1] = past[:, -1]
        return changes, future - past[: len(future), -1:, self.columns]
