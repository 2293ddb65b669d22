"""How many threads a computation takes, without changing what the caller chose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def on_threads(count: int = 1) -> Iterator[None]:
    """Compute on so many threads of torch; the number before comes back, also after an error.

    Fits that run side by side would only wait for each other's threads, and a small network is
    slower on several.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
