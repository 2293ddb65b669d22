"""The house: a file imports only from lower floors, and the light parts stay light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gaitcast

ROOT = Path(gaitcast.__file__).parent
#: Ground first. Names on one line share a floor and may not import each other.
FLOORS = [
    ["errors"],
    ["units", "atomic", "options", "seed"],
    ["channel", "marker_labels"],
    ["recording"],
    ["cohort"],
    ["runtime"],
    ["signal"],
    ["io"],
    ["simulate"],
    ["tasks", "kinematics"],
    ["datasets", "events"],
    ["impedance", "quality"],
    ["models"],
    ["training"],
    ["evaluation", "deploy"],
    ["pipeline"],
    ["study"],
    ["analysis"],
    ["report", "live"],
    ["cross_validation"],
    ["cli"],
]
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}
#: pylsl and pyserial are extras, imported when such a source is opened.
RUNTIME_MAY = {"numpy", "onnxruntime", "gaitcast.errors", "gaitcast.atomic", "gaitcast.runtime"}
RUNTIME_MAY |= {"pylsl", "serial"}
FILES = sorted(
    p for p in ROOT.rglob("*.py") if p.parent.name != "studies" and p != ROOT / "__init__.py"
)


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by full name"
            assert node.module is not None
            found.add(node.module)
    return found


def unit(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_from_lower_floors(path):
    here = unit(path)
    assert here in LEVEL, f"give {here} a floor"
    for name in imports(path):
        if name.startswith("gaitcast."):
            other = name.split(".")[1]
            assert other == here or LEVEL[other] < LEVEL[here], f"{path}: imports {name}"


def test_the_runtime_needs_only_numpy_and_onnxruntime():
    for path in (ROOT / "runtime").glob("*.py"):
        for name in imports(path):
            top = name.split(".")[0]
            allowed = top in sys.stdlib_module_names or any(
                name == may or name.startswith(f"{may}.") for may in RUNTIME_MAY
            )
            assert allowed, f"{path}: imports {name}"


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("gaitcast", {"torch", "bokeh", "scipy", "pandas", "onnxruntime", "lightning"}),
        ("gaitcast.runtime", {"torch", "bokeh", "scipy", "pandas", "lightning"}),
        (
            "gaitcast.cli.app",
            {"torch", "bokeh", "scipy", "pandas", "lightning", "onnxruntime"},
        ),
        ("gaitcast.recording", {"torch", "bokeh", "scipy", "pandas", "lightning"}),
    ],
)
def test_light_modules_import_nothing_heavy(module, heavy):
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


def test_every_public_name_loads():
    for name in gaitcast.__all__:
        assert getattr(gaitcast, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gaitcast.nothing


def test_no_two_files_have_the_same_name():
    """A basename says what a file holds, so it occurs once."""
    names = [p.name for p in FILES if p.stem not in ("__init__", "__main__")]
    assert sorted(n for n in set(names) if names.count(n) > 1) == []


def test_a_module_of_more_than_400_lines_has_a_reason():
    long = {
        str(path.relative_to(ROOT))
        for path in FILES
        if len(path.read_text(encoding="utf-8").splitlines()) > 400
    }
    page = (ROOT.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert long == set(re.findall(r"^\| `(\w+/\w+\.py)` \|", page, flags=re.MULTILINE))
