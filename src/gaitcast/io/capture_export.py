"""Text exports of motion-capture programs (Vicon Nexus, Motive, Qualisys Track Manager)."""

from __future__ import annotations

import zlib
from pathlib import Path

from gaitcast.errors import GaitcastError
from gaitcast.io.columns import Columns
from gaitcast.io.motive_text import is_motive, parse_motive
from gaitcast.io.point_table import ExportText, PointTable
from gaitcast.io.qualisys_text import is_qualisys, parse_qualisys
from gaitcast.io.text_encoding import read_text
from gaitcast.io.vicon_text import has_markers, is_vicon, parse_devices, parse_vicon
from gaitcast.recording import Recording

_PROGRAMS = ((is_vicon, parse_vicon), (is_motive, parse_motive), (is_qualisys, parse_qualisys))


def is_capture_export(head: str) -> bool:
    """Whether a text begins as one of these exports.

    Parameters
    ----------
    head : str
        First kilobytes of the file.
    """
    return any(known(head) for known, _ in _PROGRAMS)


def read_capture_export(path: str | Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read markers, joint angles and events of a text export.

    Parameters
    ----------
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    Recording
        ``left_LASI_marker_x`` ... in m, z up and x the walking direction; Plug-in Gait's angles and
        moments; NaN where a marker was hidden.

    Raises
    ------
    GaitcastError
        If the export is damaged or holds neither markers nor joints.
    """
    return _parsed(path).recording(path, max_gap_s)


def read_devices(path: str | Path) -> Columns:
    """Force plates and EMG of a Vicon export without markers, as columns for a mapping.

    Raises
    ------
    GaitcastError
        If the export is damaged.
    """
    return parse_devices(ExportText(_text(path).split("\n"), str(path)))


def holds_devices_only(path: str | Path, head: str) -> bool:
    """Whether a file is a Vicon export without markers and model outputs.

    Parameters
    ----------
    head : str
        First kilobytes of the file; the whole file is looked through where they do not decide.
    """
    return is_vicon(head) and not has_markers(head) and not has_markers(_text(path))


def capture_columns(path: str | Path) -> Columns:
    """The same export as columns for a mapping: ``time_s``, ``LASI X`` ... in m.

    Raises
    ------
    GaitcastError
        If the export is damaged.
    """
    return _parsed(path).columns()


def _text(path: str | Path) -> str:
    try:
        text, _ = read_text(path)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GaitcastError(f"cannot be read: {reason}", where=str(path)) from error
    return text.lstrip("\ufeff")


def _parsed(path: str | Path) -> PointTable:
    text = _text(path)
    parse = next((parse for known, parse in _PROGRAMS if known(text[:8192])), None)
    if parse is None:
        raise GaitcastError("no export of Vicon, Motive or Qualisys", where=str(path))
    return parse(ExportText(text.split("\n"), str(path)))
