"""Training batches: random windows, or random long segments with a loss at every sample.

The order depends on the seed and the epoch only, so a resumed run sees what an unbroken one would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import IterableDataset

from gaitcast.models import Forecaster
from gaitcast.tasks import Series, Windows
from gaitcast.tasks.mapped_rows import on_disk, read_at_random
from gaitcast.training.ahead import ahead
from gaitcast.training.settings import Training

#: What a batch of whole series holds at most, unless one series alone is longer.
_SAMPLES_SIDE_BY_SIDE = 1 << 14
#: Series of less than a segment's length by this are too short to learn from beside longer ones.
_LEAST = 4


class WindowBatches(IterableDataset):
    """Shuffled windows.

    Parameters
    ----------
    windows : Windows
        Scaled.
    batch : int
        Windows per batch.
    seed : int
        Of the order.
    """

    def __init__(self, windows: Windows, batch: int, seed: int) -> None:
        self.windows, self.batch, self.seed = windows, batch, seed
        self.epoch = 0

    def __len__(self) -> int:
        count = len(self.windows) // share()[1]
        return max(1, -(-count // self.batch) - (count % self.batch == 1 and count > 1))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.windows))
        rank, world = share()
        order = order[: len(order) // world * world][rank::world]
        # A last batch of one window joins the one before: a mean over a batch needs two.
        single = len(order) % self.batch == 1 and len(order) > 1
        starts = range(0, len(order) - single, self.batch)
        stops = [len(order) if start == starts[-1] else start + self.batch for start in starts]
        chosen = (order[start:stop] for start, stop in zip(starts, stops, strict=True))
        made: Iterator[tuple[Tensor, Tensor]] = map(self._batch, chosen)
        if on_disk(self.windows.series):
            read_at_random(self.windows.series)
            made = ahead(made)
        yield from made

    def _batch(self, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        x, y = self.windows.batch(chosen)
        return torch.from_numpy(x), torch.from_numpy(y)


class SegmentBatches(IterableDataset):
    """Random segments of consecutive samples, with the future of each sample.

    Parameters
    ----------
    windows : Windows
        Scaled; only their series and steps ahead are used.
    length : int
        Samples per segment. All segments of a batch are as long as the shortest series among them
        allows; series of less than a quarter of it are left out, unless all are.
    batch : int
        Segments per batch.
    batches : int
        Batches per epoch.
    seed : int
        Of the draw.
    from_start : float
        Share of the segments that begin with their series.
    together : int
        So many segments in a row are of one series and one size.
    size : float
        SD of the logarithm of that size.
    """

    def __init__(
        self,
        windows: Windows,
        length: int,
        batch: int,
        batches: int,
        seed: int,
        from_start: float = 0.0,
        together: int = 1,
        size: float = 0.0,
    ) -> None:
        self.from_start, self.together, self.size = from_start, together, size
        horizon = windows.horizon
        self.length = min(length, max(len(s) for s in windows.series) - horizon)
        self.series = [s for s in windows.series if len(s) >= self.length / _LEAST + horizon]
        self.first, self.horizon = windows.first, horizon
        self.batch, self.batches, self.seed = batch, batches, seed
        self.epoch = 0

    def __len__(self) -> int:
        return -(-self.batches // share()[1])

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        made = self._drawn()
        yield from ahead(made) if on_disk(self.series) else made

    def _drawn(self) -> Iterator[tuple[Tensor, Tensor]]:
        rank, world = share()
        rng = np.random.default_rng([self.seed, self.epoch, *([rank] if world > 1 else [])])
        usable = np.array([len(s) - self.horizon for s in self.series])
        for _ in range(len(self)):
            groups = -(-self.batch // self.together)
            owners = self._each(rng.choice(len(usable), groups, p=usable / usable.sum()))
            length = min(self.length, int(usable[owners].min()))
            starts = rng.integers(0, usable[owners] - length + 1)
            if self.from_start:
                starts[rng.random(self.batch) < self.from_start] = 0
            drawn = zip(owners, starts, strict=True)
            segments = [(self.series[k], start, start + length) for k, start in drawn]
            past, future = future_pairs(segments, self.first, self.horizon)
            if self.size:
                size = np.exp(self.size * self._each(rng.standard_normal(groups)))
                sizes = torch.from_numpy(size.astype(np.float32))[:, None, None]
                past, future = past * sizes, future * sizes[..., None]
            yield past, future

    def _each(self, groups: np.ndarray) -> np.ndarray:
        """What holds for a group, for each of its segments."""
        return groups.repeat(self.together)[: self.batch]


class HeldBatches(IterableDataset):
    """Validation data in order: whole series for a stateful model, else all windows.

    Series that follow one another are run side by side, the shorter ones filled up at their end
    with samples that do not count: a recurrent network takes as long for ten as for one.

    Parameters
    ----------
    windows : Windows
        Scaled.
    whole : bool
        Whether a batch is of whole series.
    burn_in : int
        First samples of a series that bear no error; shorter series are left out.
    """

    def __init__(self, windows: Windows, whole: bool, burn_in: int) -> None:
        self.windows = windows.longer_than(burn_in + windows.horizon)
        self.whole = whole

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        if self.whole:
            first, horizon = self.windows.first, self.windows.horizon
            for together in _side_by_side(self.windows.series):
                pairs = [future_pairs([(s, 0, len(s) - horizon)], first, horizon) for s in together]
                past, future = ([one[0] for one in side] for side in zip(*pairs, strict=True))
                yield pad_sequence(past, True), pad_sequence(future, True, torch.nan)
            return
        for start in range(0, len(self.windows), 256):
            stop = min(start + 256, len(self.windows))
            x, y = self.windows.batch(np.arange(start, stop))
            yield torch.from_numpy(x), torch.from_numpy(y)


def _side_by_side(series: Sequence[Series]) -> Iterator[list[Series]]:
    """Neighbours, as many as fill `_SAMPLES_SIDE_BY_SIDE` at the length of the longest."""
    together: list[Series] = []
    for s in series:
        longest = max(len(t) for t in [*together, s])
        if together and longest * (len(together) + 1) > _SAMPLES_SIDE_BY_SIDE:
            yield together
            together = []
        together.append(s)
    if together:
        yield together


def training_batches(
    forecaster: Forecaster, windows: Windows, chosen: Training, seed: int
) -> tuple[SegmentBatches | WindowBatches, int]:
    """Batches as a model reads them.

    Parameters
    ----------
    forecaster : Forecaster
        Stateful or windowed.
    windows : Windows
        Scaled, at stride 1.
    chosen : Training
        Lengths, sizes and stride.
    seed : int
        Of the order.

    Returns
    -------
    tuple of IterableDataset and int
        Batches, and the first samples of each that bear no loss.
    """
    if not forecaster.stateful:
        return WindowBatches(windows.thinned(chosen.stride), chosen.batch, seed), 0
    rate_hz = forecaster.signature.rate_hz
    length = max(2, round(chosen.segment_ms * rate_hz / 1000))
    batches = SegmentBatches(
        windows,
        length,
        chosen.batch,
        chosen.batches,
        seed,
        chosen.from_start,
        chosen.together,
        chosen.size,
    )
    return batches, min(round(chosen.burn_in_ms * rate_hz / 1000), batches.length // 2)


def share() -> tuple[int, int]:
    """Which of how many devices this process trains on.

    Returns
    -------
    tuple of int
        Rank and number; (0, 1) where there is one.
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


def future_pairs(
    segments: Sequence[tuple[Series, int, int]], first: int, horizon: int
) -> tuple[Tensor, Tensor]:
    """Segments of samples, and the future of each sample.

    Parameters
    ----------
    segments : sequence of tuple of Series, int and int
        From and to which row (exclusive); all of one length ``T``.
    first, horizon : int
        Steps ahead.

    Returns
    -------
    tuple of Tensor
        Features (B, T, columns) and futures (B, T, S, K), NaN where a sample does not count.
    """
    features, futures = [], []
    for series, start, stop in segments:
        features.append(series.features[start:stop])
        ahead = series.targets[start + first : stop + horizon]
        view = np.lib.stride_tricks.sliding_window_view(ahead, horizon - first + 1, axis=0)
        view = view.transpose(0, 2, 1)
        if series.mask is not None:
            view = np.where(series.mask[start:stop, None, None], view, np.float32(np.nan))
        futures.append(view)
    return torch.from_numpy(np.stack(features)), torch.from_numpy(np.stack(futures))
