"""``report.html``: verdict, tables, traces and error by horizon; no network needed."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from bokeh.embed import components
from bokeh.model import Model
from bokeh.resources import Resources

from gaitcast.atomic import write_text
from gaitcast.channel import Channel
from gaitcast.evaluation import Job, Workspace, fit_folder, read_fit
from gaitcast.report.figures import Trace, horizon_figure, trace_figure
from gaitcast.report.table import HEADINGS, sections

_TRACES = 6
#: What the figures need of Bokeh, written into the page.
_LIBRARY = Resources(mode="inline", components=["bokeh", "bokeh-widgets"])
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } .source { color: #555; margin-top: .2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid #ddd;
  white-space: nowrap; }
th { border-bottom: 2px solid #333; }
tr.best td { font-weight: 700; background: #e8f3ec; }
tr.baseline td { background: #f3f0e4; }
tr.offline td { color: #777; font-style: italic; }
figure { margin: 1.5rem 0; } .note { color: #555; font-size: .9rem; }
@media print { .bk-toolbar { display: none; } }
"""


def write_report(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], summary: pd.DataFrame
) -> None:
    """Write ``report.html`` into the study's folder.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        From :func:`gaitcast.evaluation.run_study`.
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.
    """
    figures = _figures(workspace, fits, summary)
    script, parts = components(figures) if figures else ("", [])
    study = workspace.study
    body = [
        f"<h1>{html.escape(study.title)}</h1>",
        f'<p class="source">{html.escape(study.name)}. {html.escape(study.source)}</p>',
        *(f"<p>{html.escape(line)}</p>" for line in verdicts(summary)),
        "<h2>Results</h2>",
        '<p class="note">Mean absolute error over all steps up to the horizon, mean over people. '
        '"live: NO" marks predictors that see the future and cannot run on a device. '
        '"vs baseline" is the difference from the best naive predictor on the same people, '
        "negative is better; skill is 1 - error / its error.</p>",
        *_tables(summary),
        "<h2>Forecast against measurement, and error by horizon</h2>",
        '<p class="note">Scroll to zoom, drag to pan, click a name to hide its line.</p>',
        *(f"<figure>{part}</figure>" for part in parts),
    ]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(study.title)}</title><style>{_STYLE}</style>"
        f"{_LIBRARY.render()}</head><body>{''.join(body)}{script}</body></html>"
    )
    write_text(workspace.out / "report.html", page)


def verdicts(summary: pd.DataFrame) -> list[str]:
    """One sentence a split: what the best live predictor is worth beside the best naive one.

    Parameters
    ----------
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.

    Returns
    -------
    list of str
        In the order of the study.
    """
    lines = []
    keys = ["task", "split", "horizon_ms"]
    for (task, split, horizon_ms), group in summary.groupby(keys, sort=False):
        live = group[group["causal"] & group["honest"]].dropna(subset=["margin"])
        if live.empty:
            continue
        best = live.sort_values("value").iloc[0]
        text = (
            f"{task}, {split}, {horizon_ms:g} ms: {best['model']} ({best['inputs']}) has the "
            f"smallest error that can be had live, {best['value']:.2f} {best['unit']}"
        )
        if best["best_naive"]:
            lines.append(f"{text}: no network beats this naive predictor.")
            continue
        text += f", {-best['margin']:.2f} below the best naive predictor, {best['baseline']}"
        if np.isfinite(best["margin_high"]):
            sure = best["margin_high"] < 0
            text += (
                f" (95 % over people {-best['margin_high']:.2f} to {-best['margin_low']:.2f}"
                f"{'' if sure else ', so it may be none'})"
            )
        elif best["people"] < 3:
            text += f"; with {best['people']:.0f} tested there is no interval over people"
        lines.append(f"{text}.")
    return lines


def _tables(summary: pd.DataFrame) -> list[str]:
    found = []
    for section in sections(summary):
        head = "".join(f"<th>{h}</th>" for h in HEADINGS)
        lines = []
        for row in section.rows:
            kinds = [
                name
                for name, on in (
                    ("best", row.best),
                    ("baseline", row.baseline),
                    ("offline", not row.live),
                )
                if on
            ]
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells)
            lines.append(f'<tr class="{" ".join(kinds)}">{cells}</tr>')
        found.append(
            f"<h3>{html.escape(section.title)}</h3><div class='scroll'><table><thead>"
            f"<tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        )
    return found


def _figures(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], summary: pd.DataFrame
) -> list[Model]:
    study, figures = workspace.study, []
    unit = Channel.parse(study.task.targets[0]).unit
    folders = {job: fit_folder(workspace, key) for job, key in fits}
    for (split, horizon), group in summary.groupby(["split", "horizon_ms"], sort=False):
        horizon_ms = float(str(horizon))
        jobs = [j for j in folders if j.split == split and j.horizon_ms == horizon_ms]
        order = [tuple(r) for r in group.sort_values("value")[["model", "inputs", "steps"]].values]
        fold, rate_hz = jobs[0].fold, study.data.resample_hz
        shown = [
            next(j for j in jobs if (j.model, j.inputs, j.steps) == cell and j.fold == fold)
            for cell in order[:_TRACES]
        ]
        traces = [
            t for t in (_trace(folders[j] / "trace.npz", _label(j), rate_hz) for j in shown) if t
        ]
        where = f"{split} split, 0-{horizon_ms:g} ms"
        if traces:
            figures.append(trace_figure(f"{where}: person {shown[0].subject}", traces, unit))
        curves = {}
        for cell in order:
            fitted = [folders[j] for j in jobs if (j.model, j.inputs, j.steps) == cell]
            target = study.task.targets[0]
            scores = [of[target] for f in fitted for of in read_fit(f)["scores"].values()]
            curves[" ".join(cell)] = np.mean([s["by_step"] for s in scores], axis=0)
            ahead_ms = np.array(scores[0]["ahead_ms"])
        figures.append(horizon_figure(f"{where}: error by horizon step", ahead_ms, curves, unit))
    return figures


def _label(job: Job) -> str:
    return f"{job.model} {job.inputs} {job.steps}"


def _trace(path: Path, label: str, rate_hz: float) -> Trace | None:
    with np.load(path, allow_pickle=False) as stored:
        if not len(stored["time_s"]):
            return None
        return Trace(
            label,
            stored["time_s"],
            stored["truth"],
            stored["forecast"],
            1000 * stored["ahead"] / rate_hz,
        )
