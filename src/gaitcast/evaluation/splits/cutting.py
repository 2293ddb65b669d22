"""Pieces cut out of spans, with a gap."""

from __future__ import annotations

from collections.abc import Sequence

from gaitcast.tasks import Span


def remove(spans: Sequence[Span], holes: Sequence[Span], gap: int) -> tuple[Span, ...]:
    """What is left of some spans at least `gap` samples away from holes in the same trial.

    Parameters
    ----------
    spans, holes : sequence of Span
        To cut from, and to cut out.
    gap : int
        Samples.

    Returns
    -------
    tuple of Span
        Non-empty rests, in order.
    """
    rest = list(spans)
    for hole in holes:
        cut: list[Span] = []
        for span in rest:
            if span.trial != hole.trial:
                cut.append(span)
                continue
            before = Span(span.trial, span.start, min(span.stop, hole.start - gap))
            after = Span(span.trial, max(span.start, hole.stop + gap), span.stop)
            cut += [part for part in (before, after) if part.stop > part.start]
        rest = cut
    return tuple(rest)


def carve_validation(
    spans: Sequence[Span], gap: int, fraction: float = 0.12, blocks: int = 2
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Take contiguous validation blocks, spread evenly, out of the training spans of one person.

    Parameters
    ----------
    spans : sequence of Span
        Training spans.
    gap : int
        Samples between a validation block and what still trains.
    fraction : float
        Of the training samples that validates.
    blocks : int
        How many blocks; each holds at least two windows' worth of samples.

    Returns
    -------
    tuple of tuple of Span
        What still trains, and what validates.
    """
    total = sum(len(p) for p in spans)
    size = max(round(fraction * total / blocks), 2 * gap)
    ends = [round(total * (i + 1) / blocks) for i in range(blocks)]
    validation: list[Span] = []
    passed = 0
    for span in spans:
        here = [end for end in ends if passed < end <= passed + len(span)]
        free = span.start
        for end in here:
            stop = min(max(span.start + end - passed, free + size), span.stop)
            if stop > free:
                validation.append(Span(span.trial, max(free, stop - size), stop))
                free = stop
        passed += len(span)
    return remove(spans, validation, gap), tuple(validation)
