import pickle
from pathlib import Path

import pytest

from gaitcast.atomic import new_file, new_folder, write_text
from gaitcast.errors import GaitcastError, nearest


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    write_text(path, "one")
    with pytest.raises(RuntimeError), new_file(path) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert path.read_text() == "one"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_folder_replaces_its_own_kind_only(tmp_path):
    path = tmp_path / "b"
    for text in ("first", "second"):
        with new_folder(path, ("x",)) as draft:
            (draft / "x").write_text(text)
    assert (path / "x").read_text() == "second"
    (path / "thesis").write_text("precious")
    with pytest.raises(GaitcastError, match="holds something else"), new_folder(path, ("x",)):
        pytest.fail("must not be entered")
    assert (path / "thesis").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    path = tmp_path / "b"
    with new_folder(path, ("x",)) as draft:
        (draft / "x").write_text("old")
    with pytest.raises(RuntimeError), new_folder(path, ("x",)) as draft:
        raise RuntimeError
    assert (path / "x").read_text() == "old"


def test_an_interruption_while_folders_change_places_leaves_the_old_one(tmp_path, monkeypatch):
    path, rename = tmp_path / "b", Path.replace

    def interrupted(self, target):
        if target == path and ".old." not in self.name:
            raise KeyboardInterrupt
        return rename(self, target)

    with new_folder(path, ("x",)) as draft:
        (draft / "x").write_text("old")
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), new_folder(path, ("x",)) as draft:
        (draft / "x").write_text("new")
    assert (path / "x").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_a_place_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GaitcastError, match="cannot write"):
        write_text(tmp_path / "file" / "a.txt", "x")
    with (
        pytest.raises(GaitcastError, match="holds something else"),
        new_folder(tmp_path / "file", ()),
    ):
        pytest.fail("must not be entered")


def test_an_error_travels_between_processes_whole():
    error = GaitcastError("no  such\nthing", where="here", hint="Look there")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "here: no such thing. Look there"


def test_the_nearest_word_or_all_of_them():
    assert nearest("persistance", ["persistence", "ridge"]) == "Did you mean 'persistence'?"
    assert nearest("x", ["persistence", "ridge"]) == "Valid: persistence, ridge"
