"""``report.html``: one self-contained page, no network needed."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gaitcast.analysis.audit import Leak
from gaitcast.atomic import write_text
from gaitcast.errors import GaitcastError
from gaitcast.report.costs import costs_of
from gaitcast.report.curves import coverage_figure, horizon_figure, loss_figure, phase_figure
from gaitcast.report.gather import Panel, panels, predictor_label
from gaitcast.report.html_page import Page, anchor
from gaitcast.report.ranking import comparison_of, person_figure, rank_figure
from gaitcast.report.result_table import sections
from gaitcast.report.statement import statement
from gaitcast.report.traces import trace_figure
from gaitcast.report.verdict import failures, verdicts
from gaitcast.runtime import Latency
from gaitcast.study import Job, Workspace
from gaitcast.study.results import extrapolations
from gaitcast.study.store import Failure

_PLACES = ("Results", "Models compared", "Forecasts", "Horizon and phase", "People", "Intervals",
           "Training", "Cost", "Latency", "Leaks", "Statement", "Study file")  # fmt: skip


def write_report(
    workspace: Workspace,
    fits: Sequence[tuple[Job, str]],
    summary: pd.DataFrame,
    *,
    leaks: Mapping[str, Sequence[Leak]] | None = None,
    latencies: Sequence[Latency] = (),
    not_fitted: Sequence[Failure] = (),
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
    leaks : dict of str to sequence of Leak, optional
        From :func:`gaitcast.analysis.audit.study_leaks`.
    latencies : sequence of Latency
        Of the exported bundles on this machine.
    not_fitted : sequence of Failure
        Jobs without a fit, which are listed.
    """
    page = Page()
    shown = panels(workspace, fits, summary)
    study = workspace.study
    warnings = [*study.warnings, *extrapolations(workspace, fits), *failures(summary)]
    page.add(
        f"<h1>{html.escape(study.title)}</h1>",
        f'<p class="source">{html.escape(study.name)}. {html.escape(study.source)}</p>',
        *(f'<p class="verdict">{html.escape(line)}</p>' for line in verdicts(summary)),
        *(f'<p class="note">Warning: {html.escape(line)}.</p>' for line in warnings),
        "<nav>" + " ".join(f'<a href="#{anchor(p)}">{p}</a>' for p in _PLACES) + "</nav>",
    )
    _results(page, summary, study.task.output)
    if not_fitted:
        page.heading("Not fitted", "Running the study again tries these once more.")
        page.table(("job", "error"), [(f.job.label, f.error) for f in not_fitted])
    _comparisons(page, shown)
    page.heading("Forecasts", "Scroll to zoom, drag to pan, click a name to hide its line.")
    cells = dict.fromkeys(panel.cell for panel in shown)
    page.draw(
        (trace_figure([p for p in shown if p.cell == cell]) for cell in cells),
        "No trial was scored whole: windows that are assigned at random make no curve.",
    )
    page.heading("Horizon and phase", "Mean over people. The cycle runs from heel strike, or "
                 "from peak to peak of the target where no heel strikes are known.")  # fmt: skip
    page.draw(
        (f for p in shown for f in (horizon_figure(p), phase_figure(p))),
        "One step is forecast, and no gait cycle was found.",
    )
    page.heading("People", "Every person counts the same, however long they walked.")
    page.draw((person_figure(panel) for panel in shown), "One person was tested.")
    _intervals(page, shown)
    page.heading("Training", "Validation error; the epoch with the smallest one is kept.")
    page.draw(
        (loss_figure(panel) for panel in shown if panel.target == shown[0].target),
        "No model was trained with a validation part.",
    )
    costs = costs_of(shown)
    write_text(workspace.out / "cost.csv", costs.to_csv(index=False))
    _costs(page, costs)
    _latency(page, latencies)
    _leaks(page, leaks or {}, workspace)
    page.heading("Statement", "Data and protocol, following the REFORMS checklist.")
    for heading, sentences in statement(workspace, fits):
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in sentences)
        page.add(f"<h3>{heading}</h3><ul>{lines}</ul>")
    page.heading("Study file", "As it was read; results.json holds what was made of it.")
    page.add(f"<pre>{html.escape(study.text or study.model_dump_json(indent=1))}</pre>")
    write_text(workspace.out / "report.html", page.html(study.title))


_WHAT = {
    "all": "all steps up to the horizon",
    "last": "the step at the horizon",
    "window": "the whole curve",
}


def _results(page: Page, summary: pd.DataFrame, output: str) -> None:
    page.heading(
        "Results",
        f"Error over {_WHAT[output]}, mean over people: MAE, or RMSE of forces, moments and "
        "stiffness. "
        '"live: NO" marks predictors that see the future, have hindsight or need what only a '
        'laboratory knows, "LEAKS" protocols that flatter: neither can be had on a device. "device '
        'measures" names inputs that no IMU gives. "vs baseline" is the difference from the best '
        "baseline on the same people, negative is better; skill is 1 - error / its error. "
        '"failed fits" are worse than the mean of the target, and no result.',
    )
    for section in sections(summary):
        head = "".join(f"<th>{h}</th>" for h in section.headings)
        lines = []
        for row in section.rows:
            marks = (("best", row.best), ("baseline", row.baseline), ("offline", not row.ranked))
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells)
            lines.append(f'<tr class="{" ".join(k for k, on in marks if on)}">{cells}</tr>')
        page.add(
            f"<h3>{html.escape(section.title)}</h3><div class='scroll'><table><thead>"
            f"<tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        )


def _comparisons(page: Page, shown: Sequence[Panel]) -> None:
    page.heading(
        "Models compared",
        "Over people, all that can run live and are better than the mean. Of few people hardly any "
        "difference can be shown.",
    )
    pairs = [(panel, found) for panel in shown if (found := comparison_of(panel)) is not None]
    page.draw(
        (rank_figure(panel, found) for panel, found in pairs),
        "It takes three people and three models that can run live.",
    )
    for panel, found in pairs:
        lines = (html.escape(f"{panel.title}, {line}") for line in found.left_out_lines)
        page.add(*(f'<p class="note">{line}</p>' for line in lines))


def _intervals(page: Page, shown: Sequence[Panel]) -> None:
    page.heading(
        "Intervals",
        "Nominal 90 %, as wide as the errors on the other tested people ask for.",
    )
    rows = []
    for panel in shown:
        for one in panel.leading:
            share = [100 * float(i.coverage.mean()) for i in one.intervals.values()]
            if share:
                width = float(np.mean([i.width.mean() for i in one.intervals.values()]))
                least = f"{min(share):.0f}-{max(share):.0f} %"
                mean = f"{np.mean(share):.1f} %"
                rows.append((panel.title, one.label, mean, least, f"{width:.2f} {panel.unit}"))
    if rows:
        headings = ("where", "predictor", "covered, mean over people", "by person", "mean width")
        page.table(headings, rows)
        page.draw((coverage_figure(panel) for panel in shown), "No gait cycle was found.")
    else:
        page.add("<p>With one tested person there is no other participant to calibrate on.</p>")


def _costs(page: Page, costs: pd.DataFrame) -> None:
    page.heading(
        "Cost",
        "Parameters learnt by gradient; multiply-adds for one more sample; seconds and "
        "memory of a fit on the machine that ran it; a forecast here, in torch, on one thread. "
        "Also in cost.csv.",
    )
    rows = []
    for row in costs.to_dict("records"):
        work = row["multiply_adds"]
        rows.append(
            (
                predictor_label(row["model"], row["inputs"], row["steps"]),
                f"{row['parameters']:,}" if row["parameters"] else "none",
                "grows with the data" if pd.isna(work) else f"{work:,.0f}",
                f"{row['fit_s']:.1f} s",
                "unknown" if pd.isna(row["memory_mb"]) else f"{row['memory_mb']:,.0f} MB",
                f"{row['forecast_ms']:.2f} ms",
            )
        )
    page.table(("predictor", "parameters", "multiply-adds", "fit", "memory", "forecast"), rows)


def _latency(page: Page, latencies: Sequence[Latency]) -> None:
    page.heading("Latency", "One sample through an exported bundle, here, on one thread.")
    if not latencies:
        page.add("<p>The study exports no bundle.</p>")
        return
    rows = [
        (
            one.name,
            *(f"{one.percentile(p) / 1000:.3f} ms" for p in (50, 99)),
            f"{one.deadline_us / 1000:g} ms",
        )
        for one in latencies
    ]
    page.table(("bundle", "median", "99 %", "time between samples"), rows)


def _leaks(page: Page, leaks: Mapping[str, Sequence[Leak]], workspace: Workspace) -> None:
    page.heading(
        "Leaks",
        "Looked for in the samples, features and scalers that fits really got, pipeline by "
        "pipeline. The effect of each published protocol choice is measured by 'gaitcast audit'.",
    )
    found = {name: [leak for leak in some if not leak.own_past] for name, some in leaks.items()}
    rows = [(name, leak.kind, leak.evidence) for name, some in found.items() for leak in some]
    if rows:
        page.table(("pipeline", "leak", "evidence"), rows)
    clean = sum(not some for some in found.values())
    page.add(f"<p>No leak found in {clean} of {len(leaks)} pipelines.</p>")
    own = [name for name, some in leaks.items() if any(leak.own_past for leak in some)]
    if own:
        listed = "; ".join(map(html.escape, own))
        page.add(
            "<p>The target's own past is an input, which is no leak where the device measures it: "
            f"{listed}.</p>"
        )
    for pipeline, effects in _audited(workspace.out / "audit.json"):
        page.add(f"<h3>{html.escape(pipeline)}</h3>")
        page.table(("change", "MAE", "difference"), effects)


def _audited(path: Path) -> list[tuple[str, list[tuple[str, str, str]]]]:
    if not path.is_file():
        return []
    try:
        return [
            (
                str(audit["pipeline"]),
                [
                    (r["change"], f"{r['mae']:.2f} {r['unit']}", f"{r['difference']:+.2f}")
                    for r in audit["effects"]
                ],
            )
            for audit in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GaitcastError(
            "this audit is damaged", where=str(path), hint="Delete it, or audit again"
        ) from error
