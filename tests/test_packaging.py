"""What a package carries besides code."""

import tomllib
from pathlib import Path

import yaml

import gaitcast

ROOT = Path(__file__).parents[1]
#: Keys that version 1.2.0 of the Citation File Format requires, and those used beside them.
REQUIRED = {"authors", "cff-version", "message", "title"}
OPTIONAL = {"abstract", "keywords", "license", "type", "version"}


def test_the_citation_is_one_and_of_this_version():
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert said.keys() <= REQUIRED | OPTIONAL
    assert said.keys() >= REQUIRED
    assert said["cff-version"] == "1.2.0"
    assert said["version"] == project["version"] == gaitcast.__version__
    assert said["license"] == project["license"]
    assert said["authors"] == project["authors"]


def test_the_package_is_typed():
    assert Path(gaitcast.__file__).with_name("py.typed").is_file()
