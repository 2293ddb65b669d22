"""What `gaitcast check` shows: files, trials, participants, and what to warn about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gaitcast.quality.check import ChannelSummary, Checked, RecordingSummary

_PLAIN: Any = {"highlight": False, "markup": False, "soft_wrap": True}
#: Of so many trials that share a note, the first are named.
_NAMED = 3
#: What to do about participants that are not certain.
_CONFIRM = (
    "Say whose the files are: by folders, a 'subject' in mapping.toml or a participants.tsv "
    "(docs/own-data.md); or confirm these participants in the study."
)


def print_checked(checked: Checked, *, channels: bool) -> None:
    """Print what files hold and what to warn about.

    Parameters
    ----------
    checked : Checked
        From :func:`gaitcast.quality.check.check_path`. Notes and warnings that several trials share
        are printed once.
    channels : bool
        Also the channel table of each recording.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    trials = [summary for file in checked.files for summary in file.recordings]
    count = Counter(text for s in trials for text in {*s.notes, *s.warnings})
    for file in checked.files:
        console.print(f"{file.path}: {file.kind}", **_PLAIN)
        for found in file.recordings:
            console.print(_line(found), **_PLAIN)
            if channels:
                console.print(_channel_table(found.channels))
            _print_notes(console, found, count)
    for line in _shared([(s.trial, note) for s in trials for note in s.notes]):
        console.print(line, **_PLAIN)
    for line in _shared([(s.trial, warning) for s in trials for warning in s.warnings]):
        console.print(f"warning: {line}", style="yellow", **_PLAIN)
    for problem in checked.unread:
        console.print(f"not read: {problem}", **_PLAIN)
    if checked.participants:
        console.print(_participants(checked))
    for note in checked.notes:
        console.print(note, **_PLAIN)
    for warning in checked.warnings:
        console.print(f"warning: {warning}", style="yellow", **_PLAIN)
    if checked.warnings:
        console.print(_CONFIRM, **_PLAIN)
    kinds = {warning for summary in trials for warning in summary.warnings}
    console.print(
        f"{len(checked.participants)} people, {len(trials)} recordings, "
        f"{len(checked.warnings) + len(kinds)} warnings, {checked.unread_files} files not read",
        **_PLAIN,
    )


def _line(found: RecordingSummary) -> str:
    events = "".join(f", {count} {name}" for name, count in found.events.items())
    return (
        f"  {found.trial}: subject {found.subject}, {found.duration_s:.1f} s at "
        f"{found.rate_hz:g} Hz, {len(found.channels)} channels, {found.gaps} gaps{events}"
    )


def _channel_table(channels: Sequence[ChannelSummary]) -> Table:
    table = Table()
    for heading in ("channel", "unit", "least", "mean", "greatest", "missing"):
        table.add_column(heading, justify="left" if heading in ("channel", "unit") else "right")
    for row in channels:
        numbers = (f"{v:.2f}" for v in (row.least, row.mean, row.greatest))
        table.add_row(escape(row.name), row.unit, *numbers, f"{row.missing:.0%}")
    return table


def _print_notes(console: Console, found: RecordingSummary, count: Mapping[str, int]) -> None:
    """What is said of this trial alone."""
    for note in found.notes:
        if count[note] == 1:
            console.print(f"    {note}", **_PLAIN)
    for warning in found.warnings:
        if count[warning] == 1:
            console.print(f"    warning: {warning}", style="yellow", **_PLAIN)


def _shared(said: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Texts that several trials have in common, with the names of the first of them."""
    trials: dict[str, list[str]] = {}
    for trial, text in said:
        trials.setdefault(text, []).append(trial)
    for text, names in trials.items():
        if len(names) > 1:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            yield f"{', '.join(names[:_NAMED])}{more}: {text}"


def _participants(checked: Checked) -> Table:
    table = Table(title="participants", title_justify="left")
    for heading in ("participant", "recognised by", "recordings", "minutes", "known"):
        right = heading in ("recordings", "minutes")
        table.add_column(heading, justify="right" if right else "left")
    for person in checked.participants:
        known = ", ".join(
            f"{name} {value if isinstance(value, str) else f'{value:g}'}"
            for name, value in person.covariates.items()
        )
        minutes = f"{person.duration_s / 60:.1f}"
        row = (person.subject, person.identified_by, str(person.recordings), minutes, known)
        table.add_row(*map(escape, row))
    return table
