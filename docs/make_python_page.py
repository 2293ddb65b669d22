"""Write docs/python.md: every public name with the first sentence of its docstring.

The site's API reference has the signatures and parameters, see docs/site_hooks.py.
"""

import ast
import importlib
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import gaitcast

PAGE = Path(__file__).with_name("python.md")
ROOT = PAGE.parents[1]

#: Width of the other pages.
WIDTH = 118

INTRODUCTION = (
    "Every public name of gaitcast, by what it is for; `make docs-reference` writes this page. A "
    "folder of recordings becomes a `Cohort`, a `Pipeline` is fitted on it, `cross_validate` says "
    "how well it does on new people, and `Pipeline.export` writes the bundle that an `Engine` runs "
    "on a device. Arguments carry their unit in the name, samples are in canonical units (deg, "
    "deg/s, m/s^2, N, N m/kg, m, kg, s), and bad input raises a `GaitcastError` of one line. Each "
    "name leads to its parameters, results and errors; `help(gaitcast.Pipeline)` prints the same."
)

SCRIPT = """\
```python
import gaitcast as gc

cohort = gc.load("simulated", subjects=5, minutes=0.5)
pipe = gc.Pipeline(
    inputs=["*_acc_*", "*_gyr_*"],
    targets=["right_ankle_angle_flexion"],
    history_ms=1000,
    horizon_ms=200,
    steps=[gc.Butterworth(20)],
    model="gru",
)
scores = gc.cross_validate(pipe, cohort, gc.LeaveOneSubjectOut())
pipe.fit(cohort.without("S05"))
forecast = pipe.predict(cohort["S05"])
pipe.export("bundle/")
```"""

#: Headings, and the home modules (keys of ``gaitcast._HOME``) below each.
SECTIONS = {
    "Recordings in": ["datasets", "cohort", "recording", "channel", "io"],
    "Pipeline": ["pipeline", "models", "training"],
    "Validation and splits": ["cross_validation", "evaluation.splits"],
    "Signal steps": ["signal"],
    "Studies": ["study"],
    "On a device": ["runtime"],
    "Errors": ["errors"],
}
#: What the names around it need comes first below its heading.
FIRST = ("load", "Pipeline", "cross_validate", "Split", "Step", "read_study", "Bundle")


def names() -> Iterator[tuple[str, str]]:
    """Heading and name of the whole public API, in the order of the page."""
    for heading, modules in SECTIONS.items():
        found = [name for module in modules for name in gaitcast._HOME[module]]
        for name in sorted(found, key=lambda name: name not in FIRST):
            yield heading, name


def definition(name: str, module: str) -> Path:
    """The file that defines a name, through the packages that take it from there."""
    path = Path(str(importlib.import_module(module).__file__))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return definition(name, str(node.module))
    return path


def summary(name: str) -> str:
    """First sentence of a docstring, or the ``#:`` comment above a constant."""
    thing = getattr(gaitcast, name)
    if callable(thing):
        text = (inspect.getdoc(thing) or "").split("\n\n")[0]
    else:
        path = definition(name, f"gaitcast.{gaitcast._MODULE_OF[name]}")
        lines = path.read_text(encoding="utf-8").splitlines()
        place = next(k for k, line in enumerate(lines) if re.match(rf"{name}\b.*=", line))
        above = itertools.takewhile(lambda line: line.startswith("#:"), reversed(lines[:place]))
        text = " ".join(line.removeprefix("#:") for line in reversed([*above]))
    text = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", " ".join(text.split()))
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`\"])", text.replace("``", "`"))[0].replace("|", "\\|")


def page() -> str:
    """The whole page."""
    top = (textwrap.wrap(INTRODUCTION, WIDTH, break_on_hyphens=False), SCRIPT.splitlines())
    lines, last = ["# Python", *(line for part in top for line in ("", *part))], ""
    for heading, name in names():
        if heading != last:
            lines.append(f"\n## {heading}\n\n| name | what it is |\n|---|---|")
        last = heading
        path = definition(name, f"gaitcast.{gaitcast._MODULE_OF[name]}").relative_to(ROOT)
        lines.append(f"| [`{name}`](../{path.as_posix()}) | {summary(name)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
