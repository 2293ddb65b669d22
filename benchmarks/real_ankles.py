"""Ankles of real people: quasi-stiffness by phase, where a line fits, turn against foot flat.

    python benchmarks/real_ankles.py [--data FOLDER]

Three sets with markers and plates (17 people), then two sets of curves without markers. Every
figure of a set is the median over people of the median over their steps; intervals are those of a
mean over people, 95 %.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from gaitcast.cohort import Cohort
from gaitcast.datasets import load
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.events import foot_flat
from gaitcast.impedance import (
    PHASES,
    Stances,
    identify,
    quasi_stiffness,
    turn_before_flat,
    with_noise,
)
from gaitcast.impedance.raw import stances_of
from gaitcast.impedance.session import identify_trials
from gaitcast.impedance.sweep import over_people

PLATES = ("horst2019-s01", "kam-imu-grf-mocap", "schreiber2019-walk18")
#: Windows of stance, start and width, %.
WINDOWS = ((4.0, 2.0), (4.0, 4.0), (4.0, 6.0), (15.0, 20.0), (15.0, 60.0))
#: Foot flat by other heights of the toe, m.
HEIGHTS_M = (0.005, 0.01, 0.02)
#: A slope describes a phase from this R2 on.
GOOD_R2 = 0.9
SLOPES = {phase: f"{phase}_nm_rad_kg" for phase in PHASES}


def with_plates(name: str, data: Path) -> tuple[list[str], pd.DataFrame]:
    """Everything about one set with markers and plates."""
    cohort = load(name, data)
    session = identify_trials(cohort)
    stances = session.stances
    table = quasi_stiffness(stances)
    people = len(set(stances.subject))
    head = [
        f"\n## {name}: {people} of {len(cohort.people)} people, {len(stances)} steps, "
        f"{stances.rate_hz:g} Hz; noise of a raw sample {noise(stances)}",
        *(f"left out: {line}" for line in session.lines),
        *by_person(table),
        *fits(stances),
        "best window of the sweep, K and B: "
        f"{session.window[0]:g}-{sum(session.window):g} % of stance, "
        f"VAF {np.nanmax(session.swept.vaf):.1f} %",
        *order(table, "foot flat at 1 cm"),
    ]
    for height_m in HEIGHTS_M:
        flat = flat_percent(cohort, table, height_m)
        table[f"flat_at_{1000 * height_m:g}_mm"] = flat
        found = turn_before_flat(table.assign(flat_percent=flat))
        head.append(
            f"flat at {1000 * height_m:g} mm: turn first in {found.share:.0%} of {found.steps} "
            f"steps, same sample {found.same:.0%}"
        )
    return head, table


def noise(stances: Stances) -> str:
    """Median over stances, in deg and N m/kg."""
    angle, torque = np.median(stances.angle_noise_rad), np.median(stances.torque_noise)
    return f"{np.degrees(angle):.3f} deg, {torque:.4f} N m/kg"


def by_person(table: pd.DataFrame) -> Iterator[str]:
    """Median slopes of each person."""
    yield f"| person | steps | {' | '.join(PHASES)} | R2 of dorsiflexion above {GOOD_R2} |"
    for person, own in table.groupby("subject"):
        slopes = " | ".join(f"{own[column].median():.1f}" for column in SLOPES.values())
        good = (own["dorsiflexion_r2"] > GOOD_R2).mean()
        yield f"| {person} | {len(own)} | {slopes} | {good:.0%} |"


def fits(stances: Stances) -> Iterator[str]:
    """VAF in some windows: K alone, and K and B."""
    people = np.array(stances.subject)
    for start, width in WINDOWS:
        cells = []
        for terms in (("K",), ("K", "B")):
            found = with_noise(stances, identify(stances, [start], [width], terms=terms))
            usable = found.identifiable
            vaf = float(over_people(found.vaf, usable, people)[0, 0])
            slope = float(over_people(found.of("K"), usable, people)[0, 0])
            who = len(set(people[usable[:, 0, 0]]))
            cells.append(
                f"{'+'.join(terms)} identifiable {usable.mean():.0%} ({who} people), "
                f"VAF {vaf:.0f} %, K {slope:.2f}"
            )
        samples = np.median(found.samples)
        yield f"{start:g}-{start + width:g} %, {samples:.0f} samples: {'; '.join(cells)}"


def order(table: pd.DataFrame, title: str) -> Iterator[str]:
    """The turn against foot flat: over steps, by person, and over people."""
    whole = turn_before_flat(table)
    yield (
        f"{title}: {whole.steps} steps, turn first {whole.share:.0%}, same sample "
        f"{whole.same:.0%}, lead {whole.lead_percent:.1f} % of stance; sign test p {whole.p:.2g}"
    )
    for person, own in table.groupby("subject"):
        found = turn_before_flat(own)
        if found.steps:
            after = abs(1 - found.share - found.same)
            yield (
                f"| {person} | {found.steps} | {found.share:.0%} | {found.same:.0%} | "
                f"{after:.0%} | {found.lead_percent:+.1f} | {found.p:.2g} |"
            )


def over_all(table: pd.DataFrame) -> Iterator[str]:
    """The order of turn and foot flat over people, one value each, by height of the toe."""
    for height_m in HEIGHTS_M:
        known = table.assign(flat_percent=table[f"flat_at_{1000 * height_m:g}_mm"])
        found = turn_before_flat(known)
        lead = (known["flat_percent"] - known["turn_percent"]).groupby(known["subject"]).mean()
        lead = lead.dropna()
        low, high = interval_over_people(lead.tolist())
        yield (
            f"flat at {1000 * height_m:g} mm: turn first in {found.share:.0%}, same sample "
            f"{found.same:.0%} of {found.steps} steps; mean lead over {len(lead)} people "
            f"{lead.mean():+.2f} % of stance [{low:+.2f}, {high:+.2f}], Wilcoxon p "
            f"{wilcoxon(lead).pvalue:.2g}; {(lead > 0).sum()} people with the turn first on average"
        )


def flat_percent(cohort: Cohort, table: pd.DataFrame, above_m: float) -> list[float]:
    """Foot flat of each step with another height of the toe, % of stance."""
    rows = zip(table.trial, table.side, table.start_s, table.duration_s, strict=True)
    return [
        100 * (foot_flat(cohort[t], side, at, at + lasts, above_m=above_m) - at) / lasts
        for t, side, at, lasts in rows
    ]


def across(table: pd.DataFrame, key: str, base: str) -> Iterator[str]:
    """Median slopes by condition, and their paired difference from one condition over people."""
    for condition, rows in table.groupby(key):
        cells = [f"{rows['subject'].nunique()} people, {len(rows)}"]
        for phase in ("dorsiflexion", "early_dorsiflexion", "late_dorsiflexion"):
            each = table.groupby(["subject", key])[SLOPES[phase]].median().unstack()
            cells.append(f"{phase} {each[condition].median():.1f}")
            if condition != base:
                gap = (each[condition] - each[base]).dropna()
                low, high = interval_over_people(gap.tolist())
                cells[-1] += f" ({gap.mean():+.2f} [{low:+.2f}, {high:+.2f}])"
        good = (rows["dorsiflexion_r2"] > GOOD_R2).mean()
        yield f"{condition}: {'; '.join(cells)}; R2 above {GOOD_R2} in {good:.0%}"


def curves(name: str, data: Path, covariate: str) -> pd.DataFrame:
    """Slopes of a set of curves, with the condition of each."""
    cohort = load(name, data)
    stances, _ = stances_of(list(cohort), {}, cutoff_hz=20.0)
    condition = {r.trial: r.covariates[covariate] for r in cohort}
    table = quasi_stiffness(stances)
    return table.assign(**{covariate: [condition[trial] for trial in table.trial]})


def main(data: Path) -> None:
    """Print every table."""
    tables = []
    for name in PLATES:
        lines, table = with_plates(name, data)
        tables.append(table)
        print(*lines, sep="\n", flush=True)
    print("\n## all people with plates", *over_all(pd.concat(tables)), sep="\n")
    walks = tables[-1].assign(speed=tables[-1]["trial"].str.extract(r"_(C\d)_")[0])
    print("\n## schreiber: preferred (C4), fast (C5)", *across(walks, "speed", "C4"), sep="\n")
    steps = curves("crossobstacle10", data, "obstacle_mm")
    print(f"\n## crossobstacle10, {steps['subject'].nunique()} people, by height in mm")
    print(*across(steps, "obstacle_mm", 0.0), *by_person(steps), sep="\n", flush=True)
    means = curves("fukuchi2018-ankle-curves", data, "condition")
    print(f"\n## fukuchi2018, {means['subject'].nunique()} people, means over strides")
    print(*across(means, "condition", "OC"), sep="\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GAITCAST_DATA", ".")))
    main(parser.parse_args().data)
