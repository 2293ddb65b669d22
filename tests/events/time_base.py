"""Where hand-marked events lie on samples when a sensor has lost packets.

Events were marked on a time base with all packets, the arrays hold those that arrived: an event
marked at sample ``m`` lies at ``m - lost``, and ``lost`` can only grow. The number lost before each
event is found by dynamic programming: how well the sensor looks like that event around the sample
(a classifier that learned from *other people's* marks), less a cost for every loss. No event
detector takes part, so one can be judged on the result.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

CONTEXT = 20  # samples on either side that say what a moment looks like
NEAR = 2  # samples around a mark that count as the event
MOST_LOST = 400  # samples
LOSS_COST = 2.0  # nats a loss must be worth
EVIDENCE = 10.0  # nats all losses of a foot must be worth together
SWALLOW_COST = 10.0  # the same for a loss that swallows marks, and 3 for each of them
MOST_SWALLOWED = 13
NOT_THERE_COST = 16.0  # nats for a mark behind the last sample


@dataclass(frozen=True)
class Foot:
    """One sensor on a foot with the marks made for it; ``samples`` (n, 2): sizes of acc and gyr."""

    person: str
    samples: np.ndarray
    marks: dict[str, np.ndarray]

    def moments(self) -> np.ndarray:
        padded = np.pad(self.samples, ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
        views = np.lib.stride_tricks.sliding_window_view(padded, 2 * CONTEXT + 1, axis=0)
        return views.reshape(len(self.samples), -1)


def likelihoods(feet: list[Foot], kind: str, trusted: list[bool]) -> list[np.ndarray]:
    """How much each sample looks like ``kind``, in nats, by marks on other people's feet."""
    found = [np.empty(0)] * len(feet)
    for person in sorted({foot.person for foot in feet}):
        rows, labels = [], []
        for foot, good in zip(feet, trusted, strict=True):
            if foot.person == person or not good:
                continue
            marked = np.zeros(len(foot.samples), dtype=bool)
            for shift in range(-NEAR, NEAR + 1):
                marked[np.clip(foot.marks[kind] + shift, 0, len(marked) - 1)] = True
            rows.append(foot.moments())
            labels.append(marked)
        model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
        model.fit(np.vstack(rows), np.concatenate(labels))
        for i, foot in enumerate(feet):
            if foot.person == person:
                share = model.predict_proba(foot.moments())[:, 1]
                found[i] = np.log(np.clip(share, 1e-4, 1)) + 4  # some 2 % of samples are events
    return found


def lost_before(marks: np.ndarray, looks: list[np.ndarray]) -> np.ndarray:
    """Samples lost before each mark (in order of time), -1 for a mark that was itself lost.

    ``looks[i]`` belongs to ``marks[i]``. A loss that swallows marks spans them all.
    """
    losses, count = np.arange(MOST_LOST), len(marks)
    worth = np.full((count, MOST_LOST), -np.inf)
    for i, (mark, look) in enumerate(zip(marks, looks, strict=True)):
        there = (mark - losses >= 0) & (mark - losses < len(look))
        worth[i, there] = look[(mark - losses)[there]]
    score = worth - LOSS_COST * (losses > 0)  # of the best course that starts with this mark
    score[1:] = -np.inf
    came_from = np.full((count, MOST_LOST, 2), -1)
    for i in range(1, count):
        best = np.full(MOST_LOST, -np.inf)
        for before in range(max(0, i - MOST_SWALLOWED - 1), i):
            swallowed = i - before - 1
            least = marks[i - 1] - marks[before + 1] if swallowed > 1 else 0
            moved, at = _after_a_loss(score[before], max(1, int(least)))
            moved = moved - (LOSS_COST if not swallowed else SWALLOW_COST + 3 * swallowed)
            moved[losses - at >= marks[i] - marks[before]] = -np.inf  # would change the order
            if not swallowed:
                stays = score[before] >= moved
                moved, at = np.where(stays, score[before], moved), np.where(stays, losses, at)
            better = moved > best
            best[better] = moved[better]
            came_from[i, better, 0], came_from[i, better, 1] = before, at[better]
        score[i] = best + worth[i]
    score -= NOT_THERE_COST * np.arange(count)[::-1, None]  # marks after the last one found
    last, lost = divmod(int(np.argmax(score)), MOST_LOST)
    none_lost = np.where(np.isfinite(worth[:, 0]), worth[:, 0], -NOT_THERE_COST).sum()
    if score[last, lost] - none_lost < EVIDENCE:
        return np.zeros(count, dtype=int)
    found = np.full(count, -1)
    while last >= 0:
        found[last] = lost
        last, lost = came_from[last, lost]
    return found


def _after_a_loss(score: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Best score with at least ``least`` fewer samples lost, and how many were."""
    best = np.maximum.accumulate(score)
    at = np.maximum.accumulate(np.where(score == best, np.arange(len(score)), 0))
    shifted, origin = np.full(len(score), -np.inf), np.zeros(len(score), dtype=int)
    if least < len(score):
        shifted[least:], origin[least:] = best[:-least], at[:-least]
    return shifted, origin


def marks_on_samples(feet: list[Foot], trusted: list[bool]) -> list[dict[str, np.ndarray]]:
    """Each foot's marks as positions in its samples."""
    kinds = sorted(feet[0].marks)
    looks = {kind: likelihoods(feet, kind, trusted) for kind in kinds}
    placed = []
    for i, foot in enumerate(feet):
        marks = np.concatenate([foot.marks[kind] for kind in kinds])
        of_kind = np.repeat(kinds, [len(foot.marks[kind]) for kind in kinds])
        order = np.argsort(marks, kind="stable")
        lost = lost_before(marks[order], [looks[kind][i] for kind in of_kind[order]])
        placed.append(
            {k: (marks[order] - lost)[(of_kind[order] == k) & (lost >= 0)] for k in kinds}
        )
    return placed
