"""What the documents show, runs."""

import ast
import inspect
import re
import runpy
import tomllib
from pathlib import Path

import pytest

import gaitcast
from gaitcast.io.table import read_mapping

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
PYTHON_PAGE = ROOT / "docs" / "python.md"
SCRIPT = runpy.run_path(str(ROOT / "docs" / "make_python_page.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_runs_and_is_short(path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    assert "deg" in capsys.readouterr().out
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80


def test_the_first_example_has_at_most_twelve_statements():
    text = (ROOT / "examples" / "01_forecast.py").read_text(encoding="utf-8")
    assert len(ast.parse(text).body) <= 12


def test_the_mapping_in_the_docs_is_valid(tmp_path):
    text = (ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")
    mapping = re.findall(r"```toml\n(.*?)```", text, flags=re.S)[0]
    (tmp_path / "mapping.toml").write_text(mapping)
    assert set(tomllib.loads(mapping)) == set(read_mapping(tmp_path / "mapping.toml"))


def test_toml_in_the_docs_is_toml():
    for path in PAGES:
        for block in re.findall(r"```toml\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S):
            tomllib.loads(block)


def test_links_between_documents_lead_somewhere():
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), (path, target)


def test_make_commands_in_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in re.findall(r"make ([a-z-]+)", readme):
        assert re.search(rf"^{command}:", makefile, flags=re.M), command


def test_the_python_page_is_what_the_docstrings_say():
    made = SCRIPT["page"]()
    assert PYTHON_PAGE.read_text(encoding="utf-8") == made, "run 'make docs-python' and commit it"
    assert len(made.splitlines()) < 560


def test_every_public_name_is_on_the_python_page():
    text = PYTHON_PAGE.read_text(encoding="utf-8")
    assert sorted(name for _, name, _ in SCRIPT["names"]()) == sorted(gaitcast.__all__)
    for name in gaitcast.__all__:
        assert f"\n### {name}\n" in text, name


@pytest.mark.parametrize("name", gaitcast.__all__)
def test_a_public_name_describes_its_arguments(name):
    thing = getattr(gaitcast, name)
    if not callable(thing):
        assert SCRIPT["comment_on"](name, f"gaitcast.{gaitcast._MODULE_OF[name]}")
        return
    # A class may leave the parameters of its base to the docstring of the base.
    holders = [c for c in getattr(thing, "__mro__", [thing]) if c.__module__.startswith("gaitcast")]
    described = set()
    for holder in holders:
        parts = SCRIPT["sections"](inspect.cleandoc(holder.__doc__ or ""))
        assert parts[""][0][1], f"{holder.__name__} has no summary"
        for line, text in parts.get("Parameters", ()):
            assert text, f"{holder.__name__}: no text for '{line}'"
            described |= {word.strip("* ") for word in line.partition(" : ")[0].split(",")}
    wanted = {word for word in inspect.signature(thing).parameters if not word.startswith("_")}
    assert not wanted - described, "describe these under Parameters"
    for member, summary in SCRIPT["members"](thing) if inspect.isclass(thing) else ():
        assert summary, f"{member} has no docstring"


def python_blocks():
    for path in sorted(PAGES):
        found = re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S)
        yield from (pytest.param(b, id=f"{path.stem}-{k}") for k, b in enumerate(found))


@pytest.mark.parametrize("block", [*python_blocks()])
def test_python_in_the_docs_uses_what_exists(block):
    packages = {"gaitcast"}
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("gaitcast"):
            module = __import__(str(node.module), fromlist=["_"])
            assert not [alias.name for alias in node.names if not hasattr(module, alias.name)]
        elif isinstance(node, ast.Import):
            packages |= {a.asname for a in node.names if a.name == "gaitcast" and a.asname}
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.value.id not in packages or node.attr in gaitcast.__all__, node.attr


def test_the_script_of_the_python_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = re.findall(r"```python\n(.*?)```", PYTHON_PAGE.read_text(encoding="utf-8"), flags=re.S)
    assert len(ast.parse(script[0]).body) <= 8
    quick = script[0].replace("minutes=0.5", "minutes=0.2").replace('"gru"', '"ridge"')
    made = {}
    exec(quick, made)
    assert made["forecast"].values.shape[1:] == (20, 1)
    assert (tmp_path / "bundle" / "graph.onnx").exists()
