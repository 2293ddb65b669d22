"""What the terminal shows: results, latencies, recordings, datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gaitcast.cohort import Cohort
from gaitcast.datasets.dataset import Dataset
from gaitcast.runtime import Latency
from gaitcast.runtime.latency import machine

if TYPE_CHECKING:  # statsmodels takes a second to import
    from gaitcast.analysis.audit import Audit
    from gaitcast.analysis.explain import Explanation
    from gaitcast.analysis.synergy import Synergy
    from gaitcast.deploy.c99 import Footprint
    from gaitcast.evaluation.comparison import Cell, Comparison

_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}


def print_dataset(dataset: Dataset) -> None:
    """Print what a public dataset is and under which terms.

    Parameters
    ----------
    dataset : Dataset
        To show.
    """
    console = Console()
    for label, text in (
        (dataset.name, dataset.title),
        ("licence", dataset.licence),
        ("cite", dataset.citation),
        ("source", dataset.source),
        ("files", ", ".join(dataset.files)),
        ("by hand", dataset.how_to_get),
    ):
        console.print(f"{label}: {text}", **_PLAIN)


def print_notes(cohort: Cohort) -> None:
    """Show what was read, what was left out, and what had to be repaired.

    Parameters
    ----------
    cohort : Cohort
        As loaded.
    """
    console = Console(stderr=True)
    minutes = sum(info.duration_s for info in cohort.infos) / 60
    console.print(f"{cohort.name}: {len(cohort.people)} people, {minutes:.1f} minutes", **_PLAIN)
    for note in cohort.notes:
        console.print(f"  {note}", **_PLAIN)
    trials_of: dict[str, list[str]] = {}
    for recording in cohort:
        for note in recording.notes:
            trials_of.setdefault(note, []).append(recording.trial)
    for note, trials in trials_of.items():
        who = trials[0] if len(trials) == 1 else f"{len(trials)} recordings"
        console.print(f"  {who}: {note}", **_PLAIN)


def print_results(summary: pd.DataFrame, verdicts: Sequence[str], written: Sequence[Path]) -> None:
    """Print the results tables, what they say, and the files written.

    Parameters
    ----------
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.
    verdicts : sequence of str
        From :mod:`gaitcast.report.verdict`.
    written : sequence of Path
        Files and folders.
    """
    from gaitcast.report.result_table import sections

    console = Console()
    wide = console if console.is_terminal else Console(width=140)
    for section in sections(summary):
        table = Table(title=section.title, title_justify="left")
        for heading in section.headings:
            table.add_column(heading, no_wrap=True)
        for row in section.rows:
            style = "bold green" if row.best else "yellow" if row.baseline else None
            table.add_row(*row.cells, style=style if row.ranked else "dim italic")
        wide.print(table)
    for line in verdicts:
        console.print(line, **_PLAIN)
    for path in written:
        console.print(f"written: {path}", soft_wrap=True, highlight=False, markup=False)


def print_latencies(rows: Sequence[tuple[Latency, Latency, Latency]]) -> None:
    """Print step times of bundles beside their bare networks.

    Parameters
    ----------
    rows : sequence of tuple of Latency
        Whole step back to back and at the pace of a sensor, and bare network.
    """
    console = Console()
    wide = console if console.is_terminal else Console(width=140)
    table = Table(title=f"one step, microseconds, one thread; {machine()}", title_justify="left")
    for heading in ("what", "p50", "p95", "p99", "max", "deadline", "misses", "x bare", "x first"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    first = rows[0][0].percentile(50)
    for whole, paced, bare in rows:
        for latency in (whole, paced, bare):
            p50 = latency.percentile(50)
            table.add_row(
                latency.name if latency is whole else f"  {latency.name}",
                *(f"{latency.percentile(p):.1f}" for p in (50, 95, 99, 100)),
                f"{latency.deadline_us:.0f}",
                f"{latency.misses}/{len(latency.steps_us)}",
                f"{p50 / bare.percentile(50):.2f}",
                f"{p50 / first:.2f}",
            )
    wide.print(table)


def print_footprint(made: Footprint, folder: Path) -> None:
    """Print what a compiled bundle takes, and whether devices have it.

    Parameters
    ----------
    made : Footprint
        From :func:`gaitcast.deploy.c99.compile_bundle`.
    folder : Path
        Where the code is.
    """
    from gaitcast.deploy.c99 import DEVICES

    console = Console()
    rows = (
        ("RAM", f"{made.ram_bytes / 1000:.1f} kB", "state {:.1f}, working memory {:.1f}, stack"),
        ("flash", f"{made.flash_bytes / 1000:.1f} kB", "constants {:.1f}, code (estimated)"),
        ("multiply-adds a step", f"{made.multiply_adds}", "of matrices and convolutions"),
        ("generated lines", f"{made.lines}", f"{made.code_lines} of them the step"),
    )
    parts = ((made.state_bytes, made.work_bytes), (made.weight_bytes,), (), ())
    table = Table(title=f"{folder}/gaitcast.c", title_justify="left", show_header=False)
    for (what, value, of), figures in zip(rows, parts, strict=True):
        table.add_row(what, value, of.format(*(n / 1000 for n in figures)))
    for device in DEVICES:
        size = f"{device.ram / 1000:.0f} kB static RAM, {device.flash / 1000:.0f} kB flash"
        table.add_row(device.name, "fits" if made.fits(device) else "does not fit", size)
    console.print(table)
    console.print(
        "Flash and fit are estimates: link it with your own toolchain. Samples must come at the "
        "card's rate.",
        **_PLAIN,
    )


def print_comparison(cell: Cell, found: Comparison, metric: str) -> None:
    """Print ranks, and the best model against every other.

    Parameters
    ----------
    cell : Cell
        Task, split, horizon, and whether the figures can be had live.
    found : Comparison
        From :func:`gaitcast.evaluation.comparison.compare_models`.
    metric : str
        What is compared.
    """
    from gaitcast.evaluation.metrics import ideal

    best = str(found.ranks.index[0])
    people = int(found.pairs["people"].iloc[0])
    table = Table(title=f"{cell.title}; {people} people; against {best}", title_justify="left")
    for heading in ("model", "mean rank", "worse by [95 %]", "p (Holm)", "effect"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    table.add_row(best, f"{found.ranks.iloc[0]:.2f}", "", "", "")
    for name, rank in found.ranks.iloc[1:].items():
        rows = found.pairs[
            ((found.pairs["one"] == best) & (found.pairs["other"] == name))
            | ((found.pairs["one"] == name) & (found.pairs["other"] == best))
        ]
        row = rows.iloc[0]
        sign = 1 if row["one"] == name else -1
        low, high = sorted((sign * row["low"], sign * row["high"]))
        table.add_row(
            str(name),
            f"{rank:.2f}",
            f"{sign * row['difference']:+.3f} [{low:+.3f}, {high:+.3f}]",
            f"{row['p_holm']:.3f}",
            f"{sign * row['effect']:+.2f}",
        )
    console = Console()
    (console if console.is_terminal else Console(width=140)).print(table)
    console.print(
        f"{metric}: the nearer to {ideal(metric):g}, the better. Ranks less than "
        f"{found.critical_difference:.2f} apart, or p of 0.05 and more: no difference shown "
        "(Nemenyi; Wilcoxon, Holm over all pairs).",
        **_PLAIN,
    )
    if pd.notna(found.friedman_p):
        console.print(f"That all are equal: p = {found.friedman_p:.3f} (Friedman).", **_PLAIN)
    for line in found.left_out_lines:
        console.print(line, **_PLAIN)


def print_audit(audit: Audit, written: Path) -> None:
    """Leaks of a pipeline, and the effect of each protocol choice.

    Parameters
    ----------
    audit : Audit
        To show.
    written : Path
        Where it was written.
    """
    console = Console()
    console.print(f"{audit.pipeline}:", **_PLAIN)
    for leak in audit.leaks:
        word = "input" if leak.own_past else "LEAK"
        console.print(f"  {word}, {leak.kind}: {leak.evidence}", **_PLAIN)
    if all(leak.own_past for leak in audit.leaks):
        console.print("  no leak found", **_PLAIN)
    print_effects(audit.effects)
    console.print(str(written), **_PLAIN)


def print_effects(effects: pd.DataFrame) -> None:
    """Errors of a pipeline as it is and changed.

    Parameters
    ----------
    effects : pandas.DataFrame
        From :func:`gaitcast.analysis.audit.effects_of`.
    """
    unit = effects["unit"].iloc[0]
    published = effects["published"].notna().any()
    table = Table(box=None, header_style="bold")
    for heading in ("", *(("paper",) if published else ()), f"MAE, {unit}", "95 % over people"):
        table.add_column(heading)
    table.add_column(f"difference from the first, {unit}")
    for row in effects.to_dict("records"):
        first = row["change"] == effects["change"].iloc[0]
        gap = "" if first else _spread(row, "difference", "+.2f")
        cells = [escape(row["change"])]
        if published:
            cells.append(f"{row['published']:.3f}" if pd.notna(row["published"]) else "")
        spread = f"{row['low']:.2f}-{row['high']:.2f}" if pd.notna(row["low"]) else ""
        table.add_row(*cells, f"{row['mae']:.2f}", spread, gap)
    Console(width=max(100, Console().width)).print(table)


def _spread(row: Mapping[Any, Any], name: str, form: str) -> str:
    text = f"{row[name]:{form}}"
    if pd.notna(row[f"{name}_low"]):
        text += f" [{row[f'{name}_low']:{form}}, {row[f'{name}_high']:{form}}]"
    return text


def print_explanation(found: Explanation) -> None:
    """What a predictor leans on, the most first.

    Parameters
    ----------
    found : Explanation
        To show.
    """
    shares = found.gradients.abs().sum() if found.gradients is not None else None
    for kind, rows in found.groups.groupby("kind", sort=False):
        table = Table(box=None, header_style="bold", title_justify="left")
        table.title = f"rise of the MAE, {found.unit}, by {kind}"
        for heading in (kind, "held at its mean", "exchanged in time", "share of gradients"):
            table.add_column(str(heading))
        for row in rows.sort_values("ablation", ascending=False).to_dict("records"):
            known = shares is not None and row["group"] in shares
            table.add_row(
                escape(row["group"]),
                _spread(row, "ablation", "+.2f"),
                _spread(row, "permutation", "+.2f"),
                f"{shares[row['group']]:.0%}" if shares is not None and known else "",
            )
        Console(width=max(100, Console().width)).print(table)
    for what, weights in found.attention.items():
        if what == "time":
            middle = float((weights * range(len(weights))).sum() / weights.sum())
            text = f"mean at {middle:.1f} of {len(weights)} samples (oldest first)"
        else:
            most = sorted(enumerate(weights), key=lambda pair: -pair[1])[:5]
            text = ", ".join(f"input {k + 1}: {share:.0%}" for k, share in most)
        Console().print(f"attention over {what}: {text}", **_PLAIN)


def print_synergy(found: Synergy, coupled: pd.DataFrame | None) -> None:
    """What helps to forecast a joint, and how limbs move together.

    Parameters
    ----------
    found : Synergy
        To show.
    coupled : pandas.DataFrame or None
        From :func:`gaitcast.analysis.coupling.limb_coupling`.
    """
    wide = Console(width=max(110, Console().width))
    table = Table(box=None, title=f"RMSE, {found.unit}, {found.people} people left out in turn")
    for heading in ("inputs", "RMSE", "95 % over people", "against the joint alone"):
        table.add_column(heading)
    for row in found.nested.to_dict("records"):
        gap = "" if row["inputs"] == "own" else _spread(row, "difference", "+.2f")
        span = f"{row['low']:.2f}-{row['high']:.2f}"
        table.add_row({"own": "joint alone"}.get(row["inputs"], row["inputs"]),
                      f"{row['rmse']:.2f}", span, gap)  # fmt: skip
    wide.print(table)
    table = Table(box=None, title=f"added to the joint alone, change of the RMSE, {found.unit}")
    for heading in ("joint or limb", "change", "chosen for", "at place"):
        table.add_column(heading)
    for row in found.groups.to_dict("records"):
        chosen = f"{row['chosen']:.0%}" if pd.notna(row["chosen"]) else ""
        place = f"{row['place']:.1f}" if pd.notna(row["place"]) else ""
        table.add_row(escape(row["group"]), _spread(row, "alone", "+.2f"), chosen, place)
    wide.print(table)
    if coupled is None:
        return
    table = Table(box=None, title="how limbs move together, mean over people")
    for heading in ("one", "other", "r", "largest r", "at lag, % of stride", "phase, deg"):
        table.add_column(heading)
    for row in coupled.to_dict("records"):
        numbers = (f"{row[k]:+.2f}" for k in ("r", "best_r"))
        turns = (f"{row[k]:+.0f}" for k in ("lag_percent", "phase_deg"))
        table.add_row(row["one"], row["other"], *numbers, *turns)
    wide.print(table)


def print_models(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the list of models.

    Parameters
    ----------
    rows : sequence of dict
        From :func:`gaitcast.models.list_models`.
    """
    table = Table(title="flags: C causal, S stateful, W takes what is known of the wearer")
    for heading in ("model", "what", "flags", "parameters", "multiply-adds", "looks back"):
        left = heading in ("model", "what", "flags")
        table.add_column(heading, justify="left" if left else "right", no_wrap=heading == "model")
    for row in rows:
        marks = zip("CSW", ("causal", "stateful", "covariates"), strict=True)
        back = row["receptive_field"]
        table.add_row(
            row["name"],
            escape(row["missing"] or row["summary"] + (" (baseline)" if row["baseline"] else "")),
            "".join(mark if row[flag] else "-" for mark, flag in marks),
            _grouped(row["parameters"]),
            _grouped(row["multiply_adds"]),
            "" if row["missing"] else "all" if back is None else str(back),
        )
    console = Console()
    (console if console.is_terminal else Console(width=140)).print(table)


def _grouped(number: int | None) -> str:
    return "by data" if number is None else f"{number:,}"
