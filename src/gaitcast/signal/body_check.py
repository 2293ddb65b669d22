"""Axes of a recording against the body in it: what is up, and which way the person walks.

Pelvis over knee over foot, and the force under load, outrank what a file or its plates state. What
contradicts is turned by quarter turns, and a note beginning with ``warning:`` says so.
"""

from __future__ import annotations

import numpy as np

from gaitcast.recording import Recording
from gaitcast.signal.body_up import Up, body_up, body_vectors, ground_up, ground_vectors, lies
from gaitcast.signal.lab_frame import (
    Z_UP,
    axis_word,
    noted,
    turn,
    upright_axes,
)
from gaitcast.signal.walkway import walking_direction


def check_axes(recording: Recording, file_axes: np.ndarray | None = None) -> Recording:
    """Turn a recording so that z is up, where its body or its forces show that it is not.

    For files whose format states the axes, and for recordings that several files were merged into.

    Parameters
    ----------
    recording : Recording
        With z up according to its files.
    file_axes : numpy.ndarray, shape (3, 3), optional
        Today's x, y and z as rows, in the axes of the file, so that notes name the file's axes.

    Returns
    -------
    Recording
        As it was, or turned by quarter turns with notes that begin with ``warning:``. Where body
        and forces disagree, only those are turned whose z is not up. It is not turned about the
        vertical, because other files of the trial would keep their axes; a person who does not
        walk towards +x is a warning.
    """
    named = np.eye(3) if file_axes is None else file_axes
    body, ground = body_up(recording), ground_up(recording)
    checked = recording
    if body and not body.axis[2] and not body.sure and not (ground and ground.axis @ body.axis):
        checked = noted(checked, lies(body.axis @ named))
        body = None
    tilted = body if body and body.axis[2] != 1 else None
    pushes = ground if ground and not ground.axis[2] else None
    if tilted and (pushes or not ground or tilted.axis[2]):
        checked = turn(checked, upright_axes(tilted.axis))
        checked = noted(checked, _said(tilted, named))
        left = ground_up(checked)
        pushes = left if left and not left.axis[2] else None
        tilted = None
    for up, parts in ((tilted, body_vectors), (pushes, ground_vectors)):
        if up:
            some = parts(checked)
            checked = turn(checked, upright_axes(up.axis), some)
            what = "markers" if parts is body_vectors else "forces"
            checked = noted(checked, _said(up, named, f"the {what} alone were "))
    x, seen = walking_direction(checked)
    if x is not None and x[0] != 1:
        checked = noted(
            checked, f"warning: x is forward, but the person {seen} towards {axis_word(x)}"
        )
    return checked


def _said(up: Up, named: np.ndarray, who: str = "") -> str:
    axis, stated = axis_word(up.axis @ named), axis_word(Z_UP @ named)
    return (
        f"warning: {axis} is up ({up.shown_by}), not {stated} as stated: {who}turned so that z is"
    )
