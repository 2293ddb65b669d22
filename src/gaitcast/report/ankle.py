"""Figures of ankle impedance: loops by phase, the map of the best window, K over stance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bokeh.palettes import Colorblind
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from gaitcast.atomic import new_file
from gaitcast.impedance import Stances, Sweep
from gaitcast.impedance.phases import turns
from gaitcast.impedance.sweep import LEAST_SHARE
from gaitcast.report.gather import known_mean
from gaitcast.report.paper import STYLE

_PHASES = ("controlled plantarflexion", "early dorsiflexion", "late dorsiflexion", "push-off")
_SHOWN_LOOPS = 40


def write_ankle_figures(
    stances: Stances, swept: Sweep, out: str | Path, width_percent: float
) -> list[Path]:
    """Draw ``loops.svg``, ``vaf.svg`` and ``stiffness.svg``.

    Parameters
    ----------
    stances : Stances
        That were swept.
    swept : Sweep
        Over starts and widths.
    out : str or Path
        Existing folder.
    width_percent : float
        Of the windows of ``stiffness.svg``; the nearest that was swept.

    Returns
    -------
    list of Path
        Written.
    """
    out = Path(out)
    written = []
    with rc_context(STYLE):
        for name in ("loops", "vaf", "stiffness"):
            figure = Figure((3.5, 2.8), layout="constrained")
            axes = figure.add_subplot()
            if name == "loops":
                _loops(stances, axes)
            elif name == "vaf":
                _map(swept, axes, figure)
            else:
                _stiffness(stances, swept, width_percent, axes)
            path = out / f"{name}.svg"
            with new_file(path) as draft:
                figure.savefig(draft, format="svg", metadata={"Date": None})
            written.append(path)
    return written


def _loops(stances: Stances, axes: Axes) -> None:
    """Torque over angle, coloured by phase; some of the stances, evenly chosen."""
    found = turns(stances)
    many = np.unique(np.linspace(0, len(stances) - 1, _SHOWN_LOOPS).astype(int))
    for s in many:
        count, turn = int(stances.count[s]), int(found.to_dorsiflexion[s])
        if turn < 0:
            continue
        edges = [0, turn, int(found.late[s]), int(found.most_dorsiflexed[s]), count - 1]
        for number in range(4):
            rows = slice(edges[number], edges[number + 1] + 1)
            axes.plot(
                np.degrees(stances.angle_rad[s, rows]),
                stances.torque[s, rows],
                color=Colorblind[8][number],
                linewidth=0.7,
                alpha=0.7,
                label=_PHASES[number] if s == many[0] else None,
            )
    axes.set(xlabel="ankle angle, dorsiflexion + (deg)", ylabel="plantarflexor moment (N m/kg)")
    axes.legend()


def _map(swept: Sweep, axes: Axes, figure: Figure) -> None:
    starts, widths = swept.impedance.starts_percent, swept.impedance.widths_percent
    low = np.nanpercentile(swept.vaf, 5) if np.isfinite(swept.vaf).any() else 0.0
    image = axes.pcolormesh(
        starts, np.arange(len(widths)), swept.vaf.T, cmap="viridis", vmin=low, vmax=100
    )
    axes.set_yticks(np.arange(len(widths)), [f"{w:g}" for w in widths])
    axes.set(xlabel="window starts at (% of stance)", ylabel="width (% of stance)")
    figure.colorbar(image, ax=axes, label="variance accounted for (%)")


def _stiffness(stances: Stances, swept: Sweep, width_percent: float, axes: Axes) -> None:
    """K over stance in windows of one width; its interval over people, or over steps of one."""
    found = swept.impedance
    width = int(np.argmin(np.abs(found.widths_percent - width_percent)))
    known = np.where(found.identifiable[:, :, width], found.of("K")[:, :, width], np.nan)
    people = np.array(stances.subject)
    alone = len(np.unique(people)) == 1
    own = [known_mean(list(known[people == person])) for person in np.unique(people)]
    rows = known if alone else np.stack(own)
    count = np.isfinite(rows).sum(axis=0)
    known = (swept.share[:, width] >= LEAST_SHARE) & (count >= 3)
    middle = (found.starts_percent + found.widths_percent[width] / 2)[known]
    mean, values = known_mean(list(rows))[known], rows[:, known]
    axes.plot(middle, mean, color=Colorblind[8][0])
    if known.any():
        half = stats.t.ppf(0.975, count[known] - 1) * np.nanstd(values, axis=0, ddof=1)
        half = half / np.sqrt(count[known])
        axes.fill_between(middle, mean - half, mean + half, color=Colorblind[8][0], alpha=0.25)
    axes.set(
        xlabel="middle of the window (% of stance)",
        ylabel="quasi-stiffness (N m/rad/kg)",
        title=f"{found.widths_percent[width]:g} % windows, 95 % over "
        + ("steps" if alone else "people"),
    )
