"""What the documents show, runs."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from gaitcast.io.table import read_mapping

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_runs_and_is_short(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    assert "deg" in capsys.readouterr().out
    assert len(path.read_text(encoding="utf-8").splitlines()) < 80


def test_the_mapping_in_the_docs_is_valid(tmp_path):
    text = (ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")
    mapping = re.findall(r"```toml\n(.*?)```", text, flags=re.S)[0]
    (tmp_path / "mapping.toml").write_text(mapping)
    assert set(tomllib.loads(mapping)) == set(read_mapping(tmp_path / "mapping.toml"))


def test_links_between_documents_lead_somewhere():
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), (path, target)


def test_make_commands_in_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in re.findall(r"make ([a-z-]+)", readme):
        assert re.search(rf"^{command}:", makefile, flags=re.M), command
