"""Croissant metadata: every file with its checksum, every column of every table."""

import hashlib
import json

import pytest

from gaitcast.datasets.convert import convert_files
from gaitcast.errors import GaitcastError
from gaitcast.io import read_cohort, write_cohort
from gaitcast.io.croissant import write_croissant
from gaitcast.simulate import simulate


def test_files_and_columns_are_all_there(tmp_path):
    write_cohort(simulate(2, 0.05, 1), tmp_path / "source")
    list(convert_files(tmp_path / "source", tmp_path / "cohort", folder="croissant"))
    content = json.loads((tmp_path / "cohort" / "croissant.json").read_text())
    needed = {"@context", "@type", "conformsTo", "name", "description", "license", "url",
              "distribution", "recordSet", "datePublished", "version"}  # fmt: skip
    assert needed <= content.keys()
    assert content["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for file in content["distribution"]:
        path = tmp_path / "cohort" / file["contentUrl"]
        assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    ids = {file["@id"] for file in content["distribution"]}
    assert any(place.startswith("recordings/") for place in ids)
    for table in content["recordSet"]:
        for field in table["field"]:
            assert field["source"]["fileObject"]["@id"] in ids
            assert field["dataType"] in ("sc:Text", "sc:Float")
    assert len(read_cohort(tmp_path / "cohort")) == 2
    with pytest.raises(GaitcastError, match="exists already"):  # it may hold corrections
        list(convert_files(tmp_path / "source", tmp_path / "cohort", folder="croissant"))


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(GaitcastError, match="not a cohort folder"):
        write_croissant(tmp_path, description="x")
