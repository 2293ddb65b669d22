"""What identification is worth where the truth is known: bias, coverage and flags by window width.

Simulated people obey torque = K (angle - angle0) + B rate + I acceleration from heel strike to a
sixth of stance. Windows start at 3 % of stance, where only the tails of the smoothing reach over
heel strike. Whether a window can tell K at all is decided by the truth: the standard error that
noise of the torque leaves to one who knows the motion in it.

    python benchmarks/identification.py [--people 30]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.impedance import Impedance, Stances, cut_stances, identify, with_noise
from gaitcast.simulate import simulate_ankles

START, WIDTHS = 3.0, (2.0, 5.0, 7.0, 10.0)
#: Noise of angle (deg) and moment (N m/kg) per sample, and the bandwidth by rate, Hz.
LABORATORIES = {
    "encoder and plate": (0.01, 0.001, {100.0: 25.0, 250.0: 25.0, 1000.0: 30.0}),
    "markers and plate": (0.05, 0.005, {100.0: 18.0, 250.0: 20.0, 1000.0: 22.0}),
}
#: K is not identifiable where its standard error is above itself; it is identifiable below a fifth.
HOPELESS, GOOD = 1.0, 0.2


def truth_of(cohort: Cohort, stances: Stances) -> np.ndarray:
    """K, B and I of each stance, (S, 3); NaN where the simulator has no whole step."""
    known = np.full((len(stances), 3), np.nan)
    for s, (trial, side, start_s) in enumerate(
        zip(stances.trial, stances.side, stances.start_s, strict=True)
    ):
        steps = cohort[trial].truth.steps
        own = np.asarray(steps["side"]) == side
        at = own & (np.abs(np.asarray(steps["heel_strike_s"]) - start_s) < 0.02)
        if at.any():
            known[s] = [np.asarray(steps[k])[at][0] for k in ("stiffness", "damping", "inertia")]
    return known


def least_errors(
    clean: Stances, found: Impedance, moment_noise: float, truth: np.ndarray
) -> np.ndarray:
    """Standard error of K over K for one who knows the motion, (S, widths).

    NaN where there are too few samples for anybody: those windows are counted apart.
    """
    share = np.full((len(clean), len(WIDTHS)), np.nan)
    for s, w in zip(*np.nonzero(found.samples[:, 0] > len(found.terms) + 2), strict=True):
        x, _ = found.window(clean, (s, 0, w))
        x = x - x.mean(axis=0)
        size = np.linalg.norm(x, axis=0)
        inverse = np.linalg.pinv((x / size).T @ (x / size), rcond=1e-14)
        share[s, w] = moment_noise * np.sqrt(inverse[0, 0]) / size[0] / truth[s, 0]
    return share


def rows(people: int) -> Iterator[str]:
    """Lines of the table."""
    yield (
        "| noise | Hz | band, Hz | width, % | steps identifiable | bias of K, mean (median; SD) "
        "| of B | of I | K covered | B | I | hopeless flagged | good flagged |"
    )
    yield "|" + "---|" * 13
    flags: dict[str, list[np.ndarray]] = {"hopeless": [], "good": []}
    few = 0
    for name, (angle, moment, bands) in LABORATORIES.items():
        for rate_hz, band_hz in bands.items():
            measured, clean = (
                simulate_ankles(people, 0.5, rate_hz, seed=11, angle_noise_deg=a, moment_noise=m)
                for a, m in ((angle, moment), (0.0, 0.0))
            )
            stances = cut_stances(measured, cutoff_hz=band_hz)
            truth = truth_of(measured, stances)
            found = with_noise(stances, identify(stances, [START], WIDTHS))
            least = least_errors(cut_stances(clean, cutoff_hz=band_hz), found, moment, truth)
            known = np.isfinite(truth[:, 0])
            for w, width in enumerate(WIDTHS):
                sure = found.identifiable[:, 0, w] & known
                cells = [name, f"{rate_hz:g}", f"{band_hz:g}", f"{width:g}"]
                cells += [f"{100 * sure.sum() / known.sum():.0f} %", *_worth(found, w, truth, sure)]
                few += int((known & np.isnan(least[:, w])).sum())
                for kind, chosen in (
                    ("hopeless", known & (least[:, w] > HOPELESS)),
                    ("good", known & (least[:, w] < GOOD)),
                ):
                    flagged = ~sure[chosen]
                    flags[kind].append(flagged)
                    count = len(flagged)
                    cells.append(f"{100 * flagged.mean():.0f} % of {count}" if count else "")
                yield "| " + " | ".join(cells) + " |"
    yield f"{few} windows have too few samples for anybody, and are flagged so"
    for kind, found_flags in flags.items():
        every = np.concatenate(found_flags)
        yield f"{kind} windows flagged: {100 * every.mean():.1f} % of {len(every)}"


def _worth(found: Impedance, w: int, truth: np.ndarray, sure: np.ndarray) -> list[str]:
    """Bias and coverage of each term over the identifiable steps, if they are enough."""
    if sure.sum() < 30:
        return [""] * 2 * len(found.terms)
    bias, cover = [], []
    for k, term in enumerate(found.terms):
        error = 100 * (found.of(term)[:, 0, w] / truth[:, k] - 1)[sure]
        low, high = (bound[:, 0, w] for bound in found.interval(term))
        inside = ((low <= truth[:, k]) & (truth[:, k] <= high))[sure]
        bias.append(f"{error.mean():+.1f} ({np.median(error):+.1f}; {error.std():.0f})")
        cover.append(f"{100 * inside.mean():.0f}")
    return [*bias, *cover]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=30)
    for line in rows(parser.parse_args().people):
        print(line, flush=True)
