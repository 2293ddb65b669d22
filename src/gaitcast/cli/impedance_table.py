"""What the terminal shows of ankle impedance: phases of stance first, then one window's fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from gaitcast.impedance.session import Session

#: Column of ``steps.csv``, what it is, and its unit.
_PHASES = (
    ("dorsiflexion_nm_rad_kg", "quasi-stiffness in dorsiflexion", "N m/rad/kg"),
    ("early_dorsiflexion_nm_rad_kg", "  early dorsiflexion", "N m/rad/kg"),
    ("late_dorsiflexion_nm_rad_kg", "  late dorsiflexion", "N m/rad/kg"),
    ("controlled_plantarflexion_nm_rad_kg", "in controlled plantarflexion", "N m/rad/kg"),
    ("push_off_nm_rad_kg", "in push-off", "N m/rad/kg"),
    ("dorsiflexion_r2", "R2 of the slope in dorsiflexion", ""),
    ("turn_percent", "plantarflexion turns to dorsiflexion at", "% of stance"),
    ("flat_percent", "foot flat at", "% of stance"),
    ("work_in_j_kg", "work taken up", "J/kg"),
    ("work_out_j_kg", "work given out", "J/kg"),
    ("work_net_j_kg", "net work", "J/kg"),
)
_WINDOW = (
    ("quasi_stiffness_nm_rad_kg", "K", "N m/rad/kg"),
    ("damping_nms_rad_kg", "B", "N m s/rad/kg"),
    ("inertia_nms2_rad_kg", "I", "N m s2/rad/kg"),
    ("angle0_deg", "angle without torque", "deg"),
    ("vaf_percent", "variance accounted for", "%"),
)


def print_impedance(session: Session, lines: Sequence[str], written: Sequence[Path]) -> None:
    """Print medians over steps, what was left out, and the files written.

    Parameters
    ----------
    session : Session
        From :func:`gaitcast.impedance.session.identify_trials`.
    lines : sequence of str
        What was left out.
    written : sequence of Path
        Files.
    """
    console, steps = Console(), session.steps
    start, width = session.window
    wide = console if console.is_terminal else Console(width=140)
    wide.print(_medians(f"{len(steps)} steps: phases of stance", _PHASES, steps))
    title = f"fit of torque in one window, {start:g} to {start + width:g} % of stance"
    wide.print(_medians(title, _WINDOW, steps))
    unknown = steps.loc[steps["not_identifiable"] != "", "not_identifiable"]
    said = [
        f"window fit not identifiable in {n} steps: {r}" for r, n in unknown.value_counts().items()
    ]
    for line in (*said, *lines, *(f"written: {path}" for path in written)):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _medians(title: str, rows: Sequence[tuple[str, str, str]], steps: pd.DataFrame) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("quantity", "unit", "median", "25 %", "75 %", "steps"):
        table.add_column(heading, justify="left" if heading in ("quantity", "unit") else "right")
    for column, what, unit in rows:
        values = steps[column].dropna() if column in steps else pd.Series(dtype=float)
        if len(values):
            quarters = (f"{values.quantile(q):.3g}" for q in (0.5, 0.25, 0.75))
            table.add_row(what, unit, *quarters, str(len(values)))
    return table
