"""The documents: links, generated pages, docstrings of public names, examples."""

import ast
import inspect
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import yaml

import gaitcast

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
PYTHON_PAGE = runpy.run_path(str(DOCS / "make_python_page.py"))
COMMANDS_PAGE = runpy.run_path(str(DOCS / "make_commands_page.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_runs_and_is_short(path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    assert re.search(r"\d", capsys.readouterr().out)
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80


def test_the_bundle_of_the_examples_is_better_than_holding_the_present_value():
    bundle = gaitcast.Bundle.load(ROOT / "examples" / "ankle-bundle")
    (walk,) = gaitcast.load("simulated", subjects=1, minutes=0.4, seed=99)
    engine, angle = gaitcast.Engine(bundle), walk.column("right_ankle_angle_flexion")
    raw = walk.matrix(bundle.card.channels)
    made = [f for k, t in enumerate(walk.time_s) for f in engine.push(t, raw[k])]
    made = [f for f in made if f.time_s + 0.3 <= walk.time_s[-1]]
    now, truth = (np.interp([f.time_s + s for f in made], walk.time_s, angle) for s in (0, 0.3))
    error = np.abs(np.array([f.values[-1, 0] for f in made]) - truth).mean()
    assert error < 0.4 * np.abs(now - truth).mean()


def test_the_first_example_has_at_most_twelve_statements():
    text = (ROOT / "examples" / "01_forecast.py").read_text(encoding="utf-8")
    assert len(ast.parse(text).body) <= 12


def test_links_between_documents_lead_somewhere():
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), (path, target)


def test_every_page_stands_in_the_navigation_of_the_site():
    def pages(entries):
        for entry in entries:
            (place,) = entry.values()
            yield from [place] if isinstance(place, str) else pages(place)

    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = [place for place in pages(site["nav"]) if not place.startswith("reference/")]
    wanted = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert sorted(listed) == sorted([*wanted, "index.md", "CONTRIBUTING.md"])


@pytest.mark.parametrize(
    ("page", "script"), [("python.md", PYTHON_PAGE), ("command-line.md", COMMANDS_PAGE)]
)
def test_a_generated_page_is_up_to_date(page, script):
    written = (DOCS / page).read_text(encoding="utf-8")
    assert written == script["page"](), "run 'make docs-reference' and commit it"


def test_the_reference_has_every_public_name_and_every_option():
    assert sorted(name for _, name in PYTHON_PAGE["names"]()) == sorted(gaitcast.__all__)
    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    found = [*COMMANDS_PAGE["commands"]()]
    assert len(found) > 20
    for name, command in found:
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert command.help, f"{name} has no help"
        for parameter in command.params:
            assert parameter.help, f"{name}: {parameter.name} has no help"
            for word in (*parameter.opts, *parameter.secondary_opts):
                assert word in section, (name, word)


def sections(doc):
    """Entries (line, text below it) of each section of a numpydoc docstring."""
    summary, *rest = re.split(r"^(\w[\w ]*)\n-{3,}$", doc, flags=re.M)
    found = {"": [("", summary.strip())]}
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        entries = re.split(r"^(?=\S)", body.strip("\n"), flags=re.M)
        lines = [entry.partition("\n") for entry in entries if entry.strip()]
        found[title] = [(line, text.strip()) for line, _, text in lines]
    return found


@pytest.mark.parametrize("name", gaitcast.__all__)
def test_a_public_name_describes_its_arguments(name):
    assert PYTHON_PAGE["summary"](name)
    thing = getattr(gaitcast, name)
    if not callable(thing):
        return
    # A class may leave the parameters of its base to the docstring of the base.
    holders = [c for c in getattr(thing, "__mro__", [thing]) if c.__module__.startswith("gaitcast")]
    described = set()
    for holder in holders:
        parts = sections(inspect.cleandoc(holder.__doc__ or ""))
        assert parts[""][0][1], f"{holder.__name__} has no summary"
        for line, text in parts.get("Parameters", ()):
            assert text, f"{holder.__name__}: no text for '{line}'"
            described |= {word.strip("* ") for word in line.partition(" : ")[0].split(",")}
    wanted = {word for word in inspect.signature(thing).parameters if not word.startswith("_")}
    assert not wanted - described, "describe these under Parameters"
    for key, member in vars(thing).items() if inspect.isclass(thing) else ():
        foreign = any(hasattr(c, key) for c in thing.__mro__ if c not in holders)
        documented = inspect.isroutine(member) or isinstance(member, property)
        if documented and not key.startswith("_") and not foreign:
            assert inspect.getdoc(member), f"{key} has no docstring"
