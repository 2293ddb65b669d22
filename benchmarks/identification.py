"""What identification is worth where the truth is known: bias, coverage and flags by window width.

Simulated people obey torque = K (angle - angle0) + B rate + I acceleration from heel strike to a
sixth of stance. Windows start at 3 % of stance, where the smoothing no longer reaches over heel
strike. Whether a window can tell K at all is decided without the fit: by the standard error that
noise of the torque leaves to one who knows the true motion in it.

    python benchmarks/identification.py [--people 12]
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
    "encoder and plate": (0.01, 0.001, {100.0: 20.0, 250.0: 25.0, 1000.0: 30.0}),
    "markers and plate": (0.05, 0.005, {100.0: 20.0, 250.0: 20.0, 1000.0: 22.0}),
}
#: K cannot be told where its standard error is above itself; it can be told below a fifth.
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


def least_errors(clean: Stances, moment_noise: float) -> np.ndarray:
    """Standard error of K over K for one who knows the motion, (S, widths)."""
    share = np.full((len(clean), len(WIDTHS)), np.inf)
    found = identify(clean, [START], WIDTHS, worst_error=1e9)
    for s, w in zip(*np.nonzero(found.identifiable[:, 0]), strict=True):
        x, _ = found.window(clean, (s, 0, w))
        x = x - x.mean(axis=0)
        error = moment_noise * np.sqrt(np.linalg.inv(x.T @ x)[0, 0])
        share[s, w] = error / abs(found.value[s, 0, w, 0])
    return share


def rows(people: int) -> Iterator[str]:
    """Lines of the table."""
    yield (
        "| noise | Hz | band, Hz | width, % | steps told | K bias (median step), % | B | I "
        "| K covered | B | I | hopeless flagged | good flagged |"
    )
    yield "|" + "---|" * 13
    hopeless: list[np.ndarray] = []
    good: list[np.ndarray] = []
    for name, (angle, moment, bands) in LABORATORIES.items():
        for rate_hz, band_hz in bands.items():
            measured, clean = (
                simulate_ankles(people, 0.5, rate_hz, seed=11, angle_noise_deg=a, moment_noise=m)
                for a, m in ((angle, moment), (0.0, 0.0))
            )
            stances = cut_stances(measured, cutoff_hz=band_hz)
            truth = truth_of(measured, stances)
            found = with_noise(stances, identify(stances, [START], WIDTHS))
            least = least_errors(cut_stances(clean, cutoff_hz=band_hz), moment)
            whole = np.isfinite(truth[:, 0])
            for w, width in enumerate(WIDTHS):
                flagged = ~found.identifiable[:, 0, w]
                hopeless.append(flagged[whole & (least[:, w] > HOPELESS)])
                good.append(flagged[whole & (least[:, w] < GOOD)])
                yield _row(name, rate_hz, band_hz, width, found, w, truth, whole, least[:, w])
    for name, flags in (("hopeless", hopeless), ("good", good)):
        every = np.concatenate(flags)
        yield f"{name} windows flagged: {100 * every.mean():.1f} % of {len(every)}"


def _row(
    name: str,
    rate_hz: float,
    band_hz: float,
    width: float,
    found: Impedance,
    w: int,
    truth: np.ndarray,
    whole: np.ndarray,
    least: np.ndarray,
) -> str:
    told = found.identifiable[:, 0, w] & whole
    cells = [
        name,
        f"{rate_hz:g}",
        f"{band_hz:g}",
        f"{width:g}",
        f"{100 * told.sum() / whole.sum():.0f} %",
    ]
    bias, cover = [], []
    for k, term in enumerate(found.terms):
        error = 100 * (found.of(term)[:, 0, w] / truth[:, k] - 1)[told]
        low, high = (bound[:, 0, w] for bound in found.interval(term))
        inside = ((low <= truth[:, k]) & (truth[:, k] <= high))[told]
        few = told.sum() < 30
        bias.append("" if few else f"{error.mean():+.1f} ({np.median(error):+.1f})")
        cover.append("" if few else f"{100 * inside.mean():.0f}")
    flagged = ~found.identifiable[:, 0, w]
    for chosen in (whole & (least > HOPELESS), whole & (least < GOOD)):
        share = f"{100 * flagged[chosen].mean():.0f} % of {chosen.sum()}" if chosen.any() else ""
        cover.append(share)
    return "| " + " | ".join([*cells, *bias, *cover]) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=12)
    for line in rows(parser.parse_args().people):
        print(line, flush=True)
