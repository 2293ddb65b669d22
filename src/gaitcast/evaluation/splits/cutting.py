"""Pieces cut out of pieces, with a gap."""

from __future__ import annotations

from collections.abc import Sequence

from gaitcast.tasks import Piece


def remove(pieces: Sequence[Piece], holes: Sequence[Piece], gap: int) -> tuple[Piece, ...]:
    """What is left of some pieces at least `gap` samples away from holes in the same trial.

    Parameters
    ----------
    pieces, holes : sequence of Piece
        To cut from, and to cut out.
    gap : int
        Samples.

    Returns
    -------
    tuple of Piece
        Non-empty rests, in order.
    """
    rest = list(pieces)
    for hole in holes:
        cut: list[Piece] = []
        for piece in rest:
            if piece.trial != hole.trial:
                cut.append(piece)
                continue
            before = Piece(piece.trial, piece.start, min(piece.stop, hole.start - gap))
            after = Piece(piece.trial, max(piece.start, hole.stop + gap), piece.stop)
            cut += [part for part in (before, after) if part.stop > part.start]
        rest = cut
    return tuple(rest)


def carve_validation(
    pieces: Sequence[Piece], gap: int, fraction: float = 0.12, blocks: int = 2
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Take contiguous validation blocks, spread evenly, out of the training pieces of one person.

    Parameters
    ----------
    pieces : sequence of Piece
        Training pieces.
    gap : int
        Samples between a validation block and what still trains.
    fraction : float
        Of the training samples that validates.
    blocks : int
        How many blocks; each holds at least two windows' worth of samples.

    Returns
    -------
    tuple of tuple of Piece
        What still trains, and what validates.
    """
    total = sum(len(p) for p in pieces)
    size = max(round(fraction * total / blocks), 2 * gap)
    ends = [round(total * (i + 1) / blocks) for i in range(blocks)]
    validation: list[Piece] = []
    passed = 0
    for piece in pieces:
        here = [end for end in ends if passed < end <= passed + len(piece)]
        free = piece.start
        for end in here:
            stop = min(max(piece.start + end - passed, free + size), piece.stop)
            if stop > free:
                validation.append(Piece(piece.trial, max(free, stop - size), stop))
                free = stop
        passed += len(piece)
    return remove(pieces, validation, gap), tuple(validation)
