"""What the page says in words and numbers."""

from __future__ import annotations

import numpy as np

from gaitcast.live.live_session import SILENT_S, LiveSession

#: Id and title of each number, in order.
TILES = (
    ("error", "error so far"),
    ("gain", "against the last cycle"),
    ("held", "interval held"),
    ("latency", "computing time of a sample"),
    ("missed", "missed deadlines"),
    ("rate", "samples"),
)
#: Lines of the log on the page.
_LOG_LINES = 40
Texts = dict[str, tuple[str, str]]


def numbers(session: LiveSession, target: int) -> Texts:
    """Texts of the page.

    Parameters
    ----------
    session : LiveSession
    target : int
        Which of the card's targets errors are of.

    Returns
    -------
    dict of str to tuple of str and str
        Id of a place on the page -> text and kind; the kind gives the colour.
    """
    with session.lock:
        return {
            **_state(session),
            **_errors(session, target),
            **_work(session),
            **_channels(session),
            "log": (_log(session), ""),
        }


def note(session: LiveSession) -> str:
    """What the errors are, in one sentence for the foot of the page."""
    if not session.has_truth:
        return (
            "The target is not among the inputs and no recording of it is replayed: there is no "
            "error to show."
        )
    return (
        "Each forecast is compared with the measured target, as it came, once its farthest step is "
        "measured. 'Last cycle' repeats the measured target of one gait cycle before (the lag of "
        "0.5 to 2.4 s at which the last 0.8 s repeat best), scored on the same instants."
    )


def _state(session: LiveSession) -> Texts:
    silent_s = session.silent_s
    if silent_s > SILENT_S:
        return {
            "state": (
                f"no samples for {silent_s:.0f} s" if silent_s >= 1 else "no samples",
                "silent",
            )
        }
    if session.state == "running" and session.health.refused:
        return {"state": ("no forecast", "lost")}
    return {"state": (session.state, session.state)}


def _errors(session: LiveSession, target: int) -> Texts:
    error, unit = session.error, session.card.target_units[target]
    if not error.compared:
        why = "first forecasts" if session.has_truth else "target not measured"
        return dict.fromkeys(("error", "gain", "held"), ("...", "")) | {
            "error-more": (why, ""),
        }
    mean = float(error.forecast[:, target].mean() / error.compared)
    texts = {
        "error": (f"{mean:.2f} {unit}", ""),
        "error-more": (f"{error.compared:,} forecasts, all steps", ""),
    }
    if session.card.half_width:
        held = float(error.interval[:, target].mean() / error.compared)
        texts["held"] = (f"{100 * held:.0f} %", "")
        texts["held-more"] = ("made to hold 90 %", "")
    else:
        texts["held-more"] = ("the bundle has no intervals", "")
    if error.pairs:
        own, cycle = (
            float(sums[:, target].mean()) / error.pairs for sums in (error.paired, error.cycle)
        )
        share = 100 * (own / cycle - 1) if cycle > 0 else 0.0
        texts["gain"] = (f"{share:+.0f} % error", "better" if share < 0 else "worse")
        texts["gain-more"] = (f"{own:.2f} and {cycle:.2f} {unit} on the same instants", "")
    return texts


def _work(session: LiveSession) -> Texts:
    times = session.times
    count = times.spread.count
    if not count:
        return {}
    p50, p99 = (times.spread.percentile(p) / 1000 for p in (50, 99))
    deadline_ms, longest_ms = times.deadline_us / 1000, times.spread.largest / 1000
    return {
        "latency": (f"{p50:.2f} ms", ""),
        "latency-more": (
            f"median; 99 % {p99:.2f} ms",
            "",
        ),
        "missed": (f"{times.missed:,}", "bad" if times.missed > 0.001 * count else ""),
        "missed-more": (
            f"of {deadline_ms:g} ms; longest {longest_ms:.0f} ms",
            "",
        ),
        "rate": (f"{session.samples_hz:.0f} Hz", ""),
        "rate-more": (f"{count:,} in, {session.forecasts:,} out", ""),
    }


def _channels(session: LiveSession) -> Texts:
    card, faults = session.card, session.health.faults
    counts: dict[str, int] = {}
    for key, count in list(session.engine.faults.items()):
        channel = key.partition(": ")[0]
        counts[channel] = counts.get(channel, 0) + count
    seen, texts = max(1, session.times.spread.count), {}
    for number, name in enumerate(card.channels):
        axis = name.rpartition("_")[2]
        label = axis if axis in ("x", "y", "z") else card.units[number]
        if name in faults:
            texts[f"channel-{number}"] = (f"{label} {faults[name]}", "fault")
        elif counts.get(name):
            share = 100 * counts[name] / seen
            texts[f"channel-{number}"] = (
                f"{label} {share:.1f} %" if share >= 0.05 else label,
                "past",
            )
        else:
            texts[f"channel-{number}"] = (label, "")
    health = session.health
    state = str(health) if health.refused or "time" in health.faults else ""
    if not state:
        bad = sum(name in faults for name in card.channels)
        state = f"{bad} of {len(card.channels)} with a fault" if bad else "all measured"
        if health.recovering:
            state += ", recovering"
    texts["health"] = (state, "" if health.good else "bad")
    return texts


def _log(session: LiveSession) -> str:
    lines = []
    for line in list(session.log)[-_LOG_LINES:][::-1]:
        since_s = line.time_s - session.first_s
        at = f"{since_s:.2f} s" if np.isfinite(since_s) else "before"
        name = "" if line.kind == "state" else f"{line.kind}: "
        lines.append(f"{at}  {name}{line.text}")
    return "\n".join(lines) or "nothing yet"
