"""Write docs/python.md: every public name with its signature, from the docstrings.

The style of the docstrings is numpydoc. None of the project's libraries parses it, and
the few sections that the page shows need no library.
"""

import ast
import functools
import importlib
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import gaitcast

PAGE = Path(__file__).with_name("python.md")

#: Width of the other pages.
WIDTH = 118

INTRODUCTION = (
    "Every public name of gaitcast, by what it is for; `make docs-python` writes this page from "
    "the docstrings. A folder of recordings becomes a `Cohort`, a `Pipeline` is fitted on it, "
    "`cross_validate` says how well it does on new people, and `Pipeline.export` writes the bundle "
    "that an `Engine` runs on a device. Arguments carry their unit in the name, samples are in "
    "canonical units (deg, deg/s, m/s^2, N, N m/kg, m, kg, s), and bad input raises a "
    "`GaitcastError` of one line."
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

BELOW = (
    "The parameters of a class are its attributes too. Inherited parameters and methods are listed "
    "at the base class."
)

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


class Words:
    """Text that shows as it is where a signature shows the `repr` of an object."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


# --- docstrings ------------------------------------------------------------------------------


def sections(doc: str) -> dict[str, list[tuple[str, str]]]:
    """Entries of each section of a numpydoc docstring.

    Parameters
    ----------
    doc : str
        From :func:`inspect.getdoc`.

    Returns
    -------
    dict of str to list of (str, str)
        By section, each entry's line and the text below it; the summary is the entry of ``""``.
    """
    summary, *rest = re.split(r"^(\w[\w ]*)\n-{3,}$", doc, flags=re.M)
    found = {"": [("", words(summary.split("\n\n")[0]))]}
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        entries = re.split(r"^(?=\S)", body.strip("\n"), flags=re.M)
        lines = [entry.partition("\n") for entry in entries if entry.strip()]
        found[title] = [(words(line), words(text)) for line, _, text in lines]
    return found


def words(text: str) -> str:
    """Text in one line, with Markdown's code marks instead of the roles of reStructuredText."""
    text = re.sub(r":\w+:`~(?:[\w.]*\.)?(\w+)`", r"`\1`", " ".join(text.split()))
    return re.sub(r":\w+:`(?:gaitcast\.)?([^`]+)`", r"`\1`", text).replace("``", "`")


def sentence(text: str) -> str:
    """The first sentence, without its full stop."""
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`\"])", text)[0].rstrip(".")


def comment_on(name: str, module: str) -> str:
    """The ``#:`` comment above a constant, in the file that its package takes it from."""
    path = Path(str(importlib.import_module(module).__file__))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return comment_on(name, str(node.module))
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(k for k, line in enumerate(lines) if re.match(rf"{name}\b.*=", line))
    above = itertools.takewhile(lambda line: line.startswith("#:"), reversed(lines[:place]))
    return words(" ".join(line.removeprefix("#:") for line in reversed([*above])))


# --- signatures ------------------------------------------------------------------------------


def readable(annotation: Any) -> str:
    """A type as a reader wants it: limits of values (``Annotated``) and aliases left out."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)

    class Plain(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            self.generic_visit(node)
            limited = ast.unparse(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple)
            return node.slice.elts[0] if limited else node

    return ast.unparse(Plain().visit(ast.parse(text, mode="eval"))).replace("'", '"')


def signature(name: str, thing: Any, *, types: bool, bound: bool = False) -> str:
    """A call as it is written, such as ``fit(cohort, *, progress=False) -> Pipeline``.

    Parameters
    ----------
    name : str
    thing : callable
        Function, method or class.
    types : bool
        Whether arguments show their types; the result always does.
    bound : bool
        Whether the first argument is left out.
    """
    given = inspect.signature(thing)
    made = {f.name: f.default_factory for f in (fields(thing) if is_dataclass(thing) else ())}
    arguments = []
    for argument in list(given.parameters.values())[bound:]:
        if argument.name.startswith("_"):
            continue
        default, annotation = argument.default, argument.annotation
        if default is not argument.empty:
            make = made.get(argument.name, MISSING)
            shown = default if make is MISSING else make()
            default = Words(repr(shown).replace("'", '"'))
        typed = types and annotation is not argument.empty
        annotation = Words(readable(annotation)) if typed else argument.empty
        arguments.append(argument.replace(default=default, annotation=annotation))
    result = given.return_annotation
    known = result is not given.empty and not inspect.isclass(thing) and result != "None"
    result = Words(readable(result)) if known else given.empty
    return name + str(given.replace(parameters=arguments, return_annotation=result))


def members(cls: type) -> Iterator[tuple[str, str]]:
    """Public methods and properties that a class adds to those of its documented bases.

    Yields
    ------
    tuple of str and str
        Signature and summary.
    """
    foreign = [c for c in cls.__mro__ if not c.__module__.startswith("gaitcast")]
    for name, member in vars(cls).items():
        if name.startswith("_") or any(hasattr(c, name) for c in foreign):
            continue
        is_property = isinstance(member, property | functools.cached_property)
        if not is_property and not inspect.isroutine(member):
            continue
        doc = inspect.getdoc(member) or ""
        if doc.startswith("See :meth:"):
            continue
        if is_property:
            get = member.fget if isinstance(member, property) else member.func
            shown = f".{name}: {readable(inspect.signature(get).return_annotation)}"
        else:
            of_class = isinstance(member, classmethod | staticmethod)
            inner, plain = getattr(member, "__func__", member), isinstance(member, staticmethod)
            shown = f"{cls.__name__ if of_class else ''}." + signature(
                name, inner, types=True, bound=not plain
            )
        yield shown, sections(doc)[""][0][1]


# --- the page --------------------------------------------------------------------------------


def names() -> Iterator[tuple[str, str, Any]]:
    """Heading, name and object of the whole public API, in the order of the page."""
    placed = [module for modules in SECTIONS.values() for module in modules]
    others = [module for module in gaitcast._HOME if module not in placed]
    for heading, modules in {**SECTIONS, "More": others}.items():
        found = [name for module in modules for name in gaitcast._HOME[module]]
        for name in sorted(found, key=lambda name: name not in FIRST):
            yield heading, name, getattr(gaitcast, name)


def bullets(parts: dict[str, list[tuple[str, str]]]) -> Iterator[str]:
    """Parameters, attributes, result and errors, an item each."""
    for title in ("Parameters", "Attributes"):
        for line, text in parts.get(title, ()):
            name, _, kind = line.partition(" : ")
            named = ", ".join(f"`{part}`" for part in name.split(", "))
            yield f"- {named}" + (f" ({kind})" if kind else "") + f": {sentence(text)}."
    for title in ("Returns", "Raises"):
        for line, text in parts.get(title, ()):
            said = f": {sentence(text)}" if text else ""
            yield f"- *{title.lower()}* {line}{said}."


def entry(name: str, thing: Any) -> Iterator[str]:
    """What the page shows of one public name."""
    yield f"\n### {name}"
    if not callable(thing):
        yield from filled(comment_on(name, f"gaitcast.{gaitcast._MODULE_OF[name]}"))
        yield ""
        yield from filled(", ".join(f"`{key}`" for key in thing))
        return
    yield from filled(f"`{signature(name, thing, types=False)}`")
    parts = sections(inspect.getdoc(thing) or "")
    yield ""
    yield from filled(parts[""][0][1])
    items = [*bullets(parts)]
    if inspect.isclass(thing):
        bases = [b.__name__ for b in thing.__bases__ if b.__name__ in gaitcast.__all__]
        items += [f"- all else as [{base}](#{base.lower()})." for base in bases]
        items += [f"- `{member}`: {summary.rstrip('.')}." for member, summary in members(thing)]
    yield "\n" + "\n".join(items)


def filled(text: str) -> list[str]:
    """Lines of the width of the other pages."""
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def page() -> str:
    """The whole page."""
    top = (filled(INTRODUCTION), SCRIPT.splitlines(), filled(BELOW))
    lines, last = ["# Python", *(line for part in top for line in ("", *part))], ""
    for heading, name, thing in names():
        if heading != last:
            lines.append(f"\n## {heading}")
        last = heading
        lines += entry(name, thing)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
