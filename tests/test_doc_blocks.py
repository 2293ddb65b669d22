"""What README.md and the docs show, runs as it is written.

Blocks of Python run, page by page, in a folder with small stand-ins for the files that they name.
Commands are parsed by the application, and run where that takes a second. Tables of TOML are read
by what they are for. ``<!-- not run: REASON -->`` before a block leaves out its running only.
Tutorials run from the first block to the last (``make test-tutorials``).
"""

import ast
import dataclasses
import re
import shlex
import shutil
import subprocess
import tomllib
from importlib import import_module

import pytest
import typer.main

import gaitcast as gc
from doc_blocks import PAGES, ROOT, TUTORIALS, blocks, gaitcast
from gaitcast.cli.app import app
from gaitcast.io import write_cohort
from gaitcast.io.table import read_mapping, write_table
from gaitcast.simulate import simulate
from gaitcast.study import Study, read_study
from made_c3d import heels, write_c3d
from made_files import write_xdf, xdf_imu
from small_study import STUDY

ALL = [*PAGES, *TUTORIALS]
#: Other programs that shell blocks start.
PROGRAMS = {"dask", "srun", "export", "gcc"}
#: Commands that take about a second on the stand-ins.
QUICK = {"bench", "check", "compile", "models", "stream", "studies"}
ANKLE = "right_ankle_angle_flexion"


def cases(pages, *kinds):
    return [pytest.param(b, id=str(b)) for page in pages for b in blocks(page, *kinds)]


# --- the stand-ins -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    """The pipeline of the bundle."""
    channels = ["right_shank_acc_*", "right_shank_gyr_*", "right_foot_[ag]*", ANKLE]
    pipe = gc.Pipeline(channels, [ANKLE], history_ms=500, horizon_ms=200, model="wearer-memory")
    return pipe.fit(simulate(subjects=3, minutes=0.3, seed=5).without("S03"))


@pytest.fixture(scope="module")
def place(tmp_path_factory, fitted):
    """A folder with what the pages name: walks of three people, a bundle, tables."""
    folder = tmp_path_factory.mktemp("docs")
    cohort = simulate(subjects=3, minutes=0.3, seed=5)
    for name, walk in zip(("P01", "P02", "P05"), cohort, strict=True):
        own = folder / "my_walks" / name
        own.mkdir(parents=True)
        write_table(walk, own / "walk1.csv")
    for name in ("walk.csv", "anna.csv"):
        write_table(cohort["S03"], folder / name)
    shutil.copytree(ROOT / "examples" / "ankle-bundle", folder / "examples" / "ankle-bundle")
    write_cohort(simulate(subjects=1, minutes=0.3, seed=99), folder / "people", tables="csv")
    foot = [f"right_foot_acc_{axis}" for axis in "xyz"]
    write_c3d(folder / "walk.c3d", heels())
    write_xdf(folder, xdf_imu(labels=foot, units=("m/s^2",) * 3), name="P07_walk.xdf")
    fitted.export(folder / "my-bundle")
    shutil.copytree(folder / "my-bundle", folder / "bundle")
    return folder


@pytest.fixture
def quick(monkeypatch):
    """One epoch of two batches in place of a training."""
    from gaitcast.training.settings import settings

    def few(model, changes=None):
        chosen = settings(model, changes)
        return dataclasses.replace(chosen, max_epochs=1, batches=2, patience=1)

    for module in ("gaitcast.training.fit", "gaitcast.pipeline.pipeline"):
        monkeypatch.setattr(import_module(module), "settings", few)


def stand_ins(place, fitted):
    """Names that blocks of Python use and that stand for something of the reader's."""
    cohort = gc.load(place / "my_walks")
    walk = cohort["P05_walk1"]
    bundle = gc.Bundle.load(place / "my-bundle")
    engine = gc.Engine(bundle)
    raw = walk.matrix(bundle.card.channels)
    samples = [*zip(walk.time_s, raw, strict=True)]
    (forecast,) = [f for time_s, sample in samples[:400] for f in engine.push(time_s, sample)][-1:]

    def sensors():  # of the bundle that the page has written, if it has
        channels = gc.Bundle.load(place / "bundle").card.channels
        return zip(walk.time_s, walk.matrix(channels), strict=True)

    foot = [f"right_foot_{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"]
    return {
        "gaitcast": gc,
        "cohort": simulate(subjects=5, minutes=0.2, seed=5),
        "recording": walk,
        "engine": engine,
        "forecast": forecast,
        "pipe": fitted,
        "my_sensors": sensors,
        "time_s": walk.time_s[0],
        "sample": raw[0],
        "acc_ms2": walk.matrix(foot[:3])[0],
        "rate_dps": walk.matrix(foot[3:])[0],
    }


# --- Python ------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", cases(ALL, "python"))
def test_python_uses_what_exists(block):
    tree = ast.parse(block.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("gaitcast"):
            module = import_module(str(node.module))
            assert not [alias.name for alias in node.names if not hasattr(module, alias.name)]
        names = node.value.id if isinstance(getattr(node, "value", 0), ast.Name) else ""
        if isinstance(node, ast.Attribute) and names in ("gc", "gaitcast"):
            assert node.attr in gc.__all__, node.attr


@pytest.mark.parametrize(
    "page", [p for p in PAGES if [*blocks(p, "python")]], ids=lambda page: page.stem
)
@pytest.mark.usefixtures("quick")
def test_python_of_a_page_runs(page, place, fitted, monkeypatch):
    names = stand_ins(place, fitted)
    monkeypatch.chdir(place)
    for block in blocks(page, "python"):
        if not block.reason:
            text = re.sub(r"subjects=20, minutes=10\b", "subjects=2, minutes=0.2", block.text)
            text = re.sub(r'model="gru"(?=,?\s*\))', 'model="ridge"', text)  # a second, not minutes
            exec(compile(text, str(block), "exec"), names)


def test_the_script_of_the_python_page_is_of_eight_statements():
    (script,) = blocks(ROOT / "docs" / "python.md", "python")
    assert len(ast.parse(script.text).body) <= 8


# --- commands ----------------------------------------------------------------------------------


def lines(text):
    """Lines of a shell block without comments; continued ones joined."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield [word for word in words if word != "&"]


def find(words):
    """The command that words name, and the words after its name."""
    command, rest = typer.main.get_command(app), list(words)
    while hasattr(command, "commands"):
        if not rest or rest[0] not in command.commands:
            return command, rest
        command = command.commands[rest.pop(0)]
    return command, rest


def known(words):
    """Fail unless a line of shell is a command that exists, with options that exist."""
    program, *rest = [word for word in words if not re.match(r"[A-Z_]+=", word)]
    if program == "gaitcast":
        command, arguments = find(rest)
        assert not hasattr(command, "commands"), f"no command {shlex.join(words)}"
        command.make_context(command.name, arguments)
    elif program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(rest[0])}:", makefile, flags=re.M), rest[0]
    elif program == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for extra in re.findall(r"gaitcast\[([\w,]+)\]", shlex.join(rest)):
            assert set(extra.split(",")) <= set(project["optional-dependencies"]), extra
    elif program == "python":
        path = ROOT / rest[0]
        assert path.is_file() or (rest[0] == "-m" and import_module(rest[1])), rest
    else:
        assert program in PROGRAMS, program


@pytest.mark.parametrize("block", cases(ALL, "sh"))
def test_commands_exist_with_their_options(block):
    for words in lines(block.text):
        known(words)


def test_commands_within_sentences_exist_with_their_options():
    for page in ALL:
        text = page.read_text(encoding="utf-8")
        for said in re.findall(
            r"`gaitcast ([a-z][^`]*)`", re.sub(r"```.*?```", "", text, flags=re.S)
        ):
            command, rest = find(said.split())
            options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
            assert rest[:1] != said.split()[:1], f"{page.name}: no command {said}"
            unknown = [word for word in rest if word.startswith("--") and word not in options]
            assert not unknown, (page.name, said)
        for target in re.findall(r"`make ([a-z-]+)`", text):
            known(["make", target])


def quick_lines():
    """Commands of the pages that run on the stand-ins, each once."""
    found = {}
    for page in PAGES:
        for block in blocks(page, "sh"):
            for words in () if block.reason else lines(block.text):
                live = "--source" in words and "replay:" not in shlex.join(words)
                if words[0] == "gaitcast" and words[1] in QUICK and not live:
                    found[shlex.join(words[1:])] = page.stem
    return [pytest.param(line, id=f"{page}: {line}") for line, page in found.items()]


@pytest.mark.parametrize("line", quick_lines())
def test_quick_commands_run(line, place, tmp_path, monkeypatch):
    monkeypatch.chdir(place)
    if ".xdf" in line:  # its channels are not those of the tables' mapping
        shutil.copy("P07_walk.xdf", tmp_path)
        monkeypatch.chdir(tmp_path)
    done = gaitcast(*shlex.split(line))
    assert done.returncode == 0, done.stderr


# --- tables ------------------------------------------------------------------------------------


def merged(table):
    """A block's tables in a small study, so that all they name exists."""
    study = {**STUDY, "inputs": {**STUDY["inputs"], **table.get("inputs", {})}}
    study["steps"] = {**STUDY["steps"], **table.get("steps", {})}
    study["models"] = [*STUDY["models"], *table.get("models", [])]
    study["splits"] = [*STUDY["splits"], *table.get("splits", [])]
    study["task"] = {**STUDY["task"], **table.get("task", {})}
    study["data"] = table.get("data", STUDY["data"])
    horizon = study["task"]["horizons_ms"][0]
    return {
        **study,
        **{key: value for key, value in table.items() if key not in study},
        "published": [],
        "export": {**STUDY["export"], "horizon_ms": horizon},
    }


@pytest.mark.parametrize("block", cases(ALL, "toml"))
def test_tables_are_read_by_what_they_are_for(block, tmp_path):
    table = tomllib.loads(block.text)
    path = tmp_path / "block.toml"
    path.write_text(block.text, encoding="utf-8")
    if {"name", "title", "data"} <= set(table):
        assert read_study(path).name == table["name"]
    elif set(table) <= set(Study.model_fields):
        Study.model_validate(merged(table))
    elif "channels" in table:
        assert set(table) == set(read_mapping(path))
    else:
        channel = '[channels]\nright_foot_acc_x = { column = "ax", unit = "g" }\n'
        path.write_text(f"rate_hz = 100\n{block.text}\n{channel}", encoding="utf-8")
        assert set(table) < set(read_mapping(path))


# --- tutorials ---------------------------------------------------------------------------------


@pytest.mark.tutorial
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_runs_from_the_first_line_to_the_last(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(page):
        if block.kind == "toml":
            assert block.title, 'name the file: ```toml title="study.toml"'
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.kind == "python" and not block.reason:
            exec(compile(block.text, str(block), "exec"), names)
        elif block.kind == "sh" and not block.reason:
            for words in lines(block.text):
                if words[0] == "gaitcast":
                    done = gaitcast(*words[1:])
                    assert done.returncode == 0, (words, done.stderr)
                elif shutil.which(words[0]):
                    subprocess.run(words, check=True)
