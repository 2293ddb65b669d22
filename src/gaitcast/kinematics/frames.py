"""Frames from directions, and the rigid motion of a cluster of markers.

Every segment frame has the columns x (anterior), y (left) and z (up along the segment), on both
sides: ISB's X, -Z, Y.
"""

from __future__ import annotations

import numpy as np


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors to length one; the zero vector gives NaN."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products of vectors, over the last axis."""
    return np.sum(a * b, axis=-1)


def frame_along_z(z: np.ndarray, y_hint: np.ndarray) -> np.ndarray:
    """Frame that keeps z and has y nearest to a hint.

    Parameters
    ----------
    z, y_hint : numpy.ndarray, shape (n, 3)
        Of any length.

    Returns
    -------
    numpy.ndarray, shape (n, 3, 3)
        Axes as columns.
    """
    z = unit(z)
    x = unit(np.cross(y_hint, z))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def frame_along_x(x: np.ndarray, y_hint: np.ndarray) -> np.ndarray:
    """Frame that keeps x and has y nearest to a hint.

    Parameters
    ----------
    x, y_hint : numpy.ndarray, shape (n, 3)
        Of any length.

    Returns
    -------
    numpy.ndarray, shape (n, 3, 3)
        Axes as columns.
    """
    x = unit(x)
    z = unit(np.cross(x, y_hint))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def frame_along_y(y: np.ndarray, x_hint: np.ndarray) -> np.ndarray:
    """Frame that keeps y and has x nearest to a hint.

    Parameters
    ----------
    y, x_hint : numpy.ndarray, shape (n, 3)
        Of any length.

    Returns
    -------
    numpy.ndarray, shape (n, 3, 3)
        Axes as columns.
    """
    y = unit(y)
    z = unit(np.cross(x_hint, y))
    return np.stack([np.cross(y, z), y, z], axis=-1)


def to_lab(axes: np.ndarray, origin: np.ndarray, local: np.ndarray) -> np.ndarray:
    """Laboratory position of a point that is fixed in a moving frame.

    Parameters
    ----------
    axes : numpy.ndarray, shape (n, 3, 3)
        Axes of the frame as columns.
    origin : numpy.ndarray, shape (n, 3)
        Origin of the frame, m.
    local : numpy.ndarray, shape (3,)
        The point in frame axes, m.

    Returns
    -------
    numpy.ndarray, shape (n, 3)
        m.
    """
    return axes @ local + origin


def rigid_motion(
    reference: np.ndarray, moving: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least-squares rigid motion of a cluster of markers (Kabsch 1976, by SVD).

    Parameters
    ----------
    reference : numpy.ndarray, shape (k, 3)
        The markers in any fixed frame, m.
    moving : numpy.ndarray, shape (n, k, 3)
        The same markers at every sample, m; hidden ones NaN.

    Returns
    -------
    rotation : numpy.ndarray, shape (n, 3, 3)
        NaN where fewer than three markers are visible; so are the others.
    shift : numpy.ndarray, shape (n, 3)
        ``moving = rotation @ reference + shift``, m.
    residual : numpy.ndarray, shape (n,)
        Root mean square distance of the visible markers from the fit, m.
    """
    n = len(moving)
    rotation, shift = np.full((n, 3, 3), np.nan), np.full((n, 3), np.nan)
    residual = np.full(n, np.nan)
    seen = np.isfinite(moving).all(axis=-1) & np.isfinite(reference).all(axis=-1)
    for pattern in np.unique(seen, axis=0):
        if pattern.sum() < 3:
            continue
        rows = (seen == pattern).all(axis=1)
        still, now = reference[pattern], moving[rows][:, pattern]
        still_mean, now_mean = still.mean(axis=0), now.mean(axis=1)
        product = np.einsum("ki,nkj->nij", still - still_mean, now - now_mean[:, None])
        u, _, vt = np.linalg.svd(product)
        v, ut = np.swapaxes(vt, 1, 2), np.swapaxes(u, 1, 2)
        mirror = np.ones((len(now), 3))
        mirror[:, 2] = np.sign(np.linalg.det(v @ ut))  # rotations only, no reflections
        turn = (v * mirror[:, None, :]) @ ut
        move = now_mean - turn @ still_mean
        off = np.einsum("nij,kj->nki", turn, still) + move[:, None] - now
        rotation[rows], shift[rows] = turn, move
        residual[rows] = np.sqrt((off**2).sum(axis=-1).mean(axis=-1))
    return rotation, shift, residual
