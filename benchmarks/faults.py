"""What twelve kinds of faults of the input cost: `python benchmarks/faults.py BUNDLE RECORDING`.

Each fault comes 50 times, at random instants of a recording of a person who trained nothing. The
table has, by kind: how soon it is reported, how the error grows while it lasts, and how it compares
with a run without it from one stride after its end on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcast.io import read
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle, Engine

REPEATS, STRIDE_S, AFTER_S = 50, 1.2, 2.0
Stream = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Place:
    """Where a fault is put: rows of the part that is replayed, and what the channels are."""

    rows: slice
    imu: list[int]
    scalar: list[int]
    acc: list[int]
    sd: np.ndarray
    step_s: float


def _blank(columns: Callable[[Place], list[int]]) -> Callable[..., Stream]:
    def made(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
        x[at.rows, columns(at)] = np.nan
        return time_s, x

    return made


def _stuck(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
    x[at.rows, at.imu[0] : at.imu[-1] + 1] = x[at.rows.start - 1, at.imu[0] : at.imu[-1] + 1]
    return time_s, x


def _saturated(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
    limit = 3.1 * at.sd[at.imu]
    part = x[at.rows][:, at.imu]
    part[:, 0] = limit[0]  # one axis lies at the end of its range
    x[at.rows, at.imu[0]] = part[:, 0]
    return time_s, x


def _in_g(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
    x[at.rows, at.acc[0] : at.acc[-1] + 1] /= 9.81
    return time_s, x


def _spikes(time_s: np.ndarray, x: np.ndarray, at: Place, rng: np.random.Generator) -> Stream:
    rows = rng.choice(np.arange(at.rows.start, at.rows.stop), 10, replace=False)
    rows[0] = at.rows.start
    x[rows, rng.choice(at.imu, 10)] = 1e5
    return time_s, x


def _lost(time_s: np.ndarray, x: np.ndarray, at: Place, rng: np.random.Generator) -> Stream:
    keep = np.ones(len(x), bool)
    keep[at.rows] = rng.random(at.rows.stop - at.rows.start) > 0.5
    keep[at.rows.start : at.rows.start + 3] = False
    return time_s[keep], x[keep]


def _gap(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
    keep = np.r_[: at.rows.start, at.rows.stop : len(x)]
    return time_s[keep], x[keep]


def _repeated(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
    rows = np.r_[: at.rows.start, np.repeat(np.arange(at.rows.start, at.rows.stop), 2)]
    rows = np.r_[rows, at.rows.stop : len(x)]
    return time_s[rows], x[rows]


def _shuffled(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
    rows = np.arange(len(x))
    for k in range(at.rows.start, at.rows.stop - 1, 3):
        rows[[k, k + 1]] = rows[[k + 1, k]]
    return time_s[rows], x[rows]


def _clock(by_s: float) -> Callable[..., Stream]:
    def made(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
        return np.where(np.arange(len(x)) < at.rows.start, time_s, time_s + by_s), x

    return made


def _half_rate(time_s: np.ndarray, x: np.ndarray, at: Place, _rng: np.random.Generator) -> Stream:
    keep = np.ones(len(x), bool)
    keep[at.rows] = np.arange(at.rows.stop - at.rows.start) % 3 == 2
    return time_s[keep], x[keep]


#: Kind -> how long it lasts, s, and what it does to a stream.
KINDS: dict[str, tuple[float, Callable[..., Stream]]] = {
    "all channels no numbers": (0.2, _blank(lambda at: [*range(len(at.sd))])),
    "one IMU gone": (1.0, _blank(lambda at: at.imu)),
    "encoder gone": (1.0, _blank(lambda at: at.scalar)),
    "one IMU stuck": (1.0, _stuck),
    "one axis saturated": (1.0, _saturated),
    "acceleration in g": (1.0, _in_g),
    "spikes": (1.0, _spikes),
    "half of the samples lost": (1.0, _lost),
    "no samples at all": (0.4, _gap),
    "samples repeated": (1.0, _repeated),
    "samples out of order": (1.0, _shuffled),
    "a third of the rate": (1.0, _half_rate),
    "clock set back by 0.3 s": (0.0, _clock(-0.3)),
    "clock set ahead by 0.3 s": (0.0, _clock(0.3)),
}


def run(
    engine: Engine, stream: Stream, real_s: np.ndarray, fault_s: float, step_s: float
) -> tuple[dict, float]:
    """Forecasts by sample number, and s from the fault's start to its report."""
    made, reported, last_s = {}, np.inf, stream[0][0]
    for now_s, time_s, row in zip(real_s, *stream, strict=True):
        for tick in np.arange(last_s + step_s, min(time_s, last_s + 1.0) - 1e-6, step_s):
            if not engine.overdue(tick).good and tick >= fault_s - 1e-6:
                reported = min(reported, tick - fault_s)
        for forecast in engine.push(time_s, row):
            made[round(forecast.time_s / step_s)] = forecast.values
        if not engine.health.good and now_s >= fault_s - 1e-6:
            reported = min(reported, now_s - fault_s)
        last_s = max(last_s, time_s)
    return made, reported


def campaign(bundle: Bundle, recording: Recording, seed: int = 0) -> list[dict[str, float | str]]:
    """A row for each kind."""
    card, rng = bundle.card, np.random.default_rng(seed)
    step_s = 1 / card.rate_hz
    time_s = recording.time_s[0] + step_s * np.arange(int(recording.duration_s * card.rate_hz))
    rows = recording.complete(card.channels)
    x = np.column_stack([np.interp(time_s, recording.time_s, column) for column in rows.T])
    truth = x[:, [card.channels.index(t) for t in card.targets]]
    sensors: dict[str, list[int]] = {}
    for k, name in enumerate(card.channels):
        sensors.setdefault("_".join(name.split("_")[:2]), []).append(k)
    imu = max(sensors.values(), key=len)
    acc = [k for k in imu if "_acc_" in card.channels[k]]
    usual = [card.usual.get(card.channels[k], (9.81, 0.0))[0] for k in acc]
    gravity = np.linalg.norm(usual) > 4.9  # else a scale by 10 looks like a quiet sensor
    scalar = [k for k, name in enumerate(card.channels) if "_angle_" in name]
    begins = np.sort(rng.choice(np.arange(3000, len(x) - 600), REPEATS, replace=False))
    states, engine = {}, Engine(bundle, raw_hz=card.rate_hz, bridge_s=1.5)
    clean: dict[int, np.ndarray] = {}
    for k, (at_s, row) in enumerate(zip(time_s, x, strict=True)):
        if k + 1 in begins:
            states[k + 1] = engine.state()
        for forecast in engine.push(at_s, row):
            clean[round(forecast.time_s / step_s)] = forecast.values
    found = []
    for kind, (lasts_s, fault) in KINDS.items():
        if (kind == "encoder gone" and not scalar) or (kind == "acceleration in g" and not gravity):
            continue
        delays, during, after, missing, finite = [], [], [], 0, True
        for begin in begins:
            count = max(1, round(lasts_s / step_s))
            end = begin + count + round((STRIDE_S + AFTER_S) / step_s)
            part = slice(begin, min(end, len(x) - card.horizon - 1))
            engine.restore(states[begin])
            place = Place(slice(2, 2 + count), imu, scalar, acc, x.std(axis=0), step_s)
            stream = fault(time_s[part].copy(), x[part].copy(), place, rng)
            same = len(stream[0]) == part.stop - part.start
            real_s = time_s[part] if same else stream[0]
            made, delay = run(engine, stream, real_s, time_s[begin + 2], step_s)
            delays.append(delay)
            shift = round((stream[0][-1] - time_s[part][-1]) / step_s)
            for k in range(begin + 2, part.stop):
                number = round(time_s[k] / step_s)
                ahead = truth[k + np.array(card.steps)]
                late = k >= begin + 2 + count + STRIDE_S / step_s
                value = made.get(number + (shift if k >= begin + 2 else 0))
                if value is None:
                    missing += late
                    continue
                finite &= bool(np.isfinite(value).all())
                error, plain = (np.abs(v - ahead).mean() for v in (value, clean[number]))
                (after if late else during).append((error, plain))
        grown = [float(np.divide(*np.mean(part, axis=0))) for part in (during, after)]
        found.append({
            "kind": kind, "reported_ms": 1000 * max(delays), "during": grown[0], "after": grown[1],
            "missing": missing / max(1, len(after) + missing), "finite": finite,
        })  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("recording", type=Path)
    given = parser.parse_args()
    recording = read(given.recording)[0]
    print("| fault, 50 times | reported after, ms | error while it lasts | from one stride on |")
    print("|---|---|---|---|")
    for row in campaign(Bundle.load(given.bundle), recording):
        good = "" if row["finite"] and not row["missing"] else f" {row['missing']:.0%} missing"
        print(
            f"| {row['kind']} | {row['reported_ms']:.0f} | {row['during']:.2f} "
            f"| {row['after']:.2f}{good} |"
        )


if __name__ == "__main__":
    main()
