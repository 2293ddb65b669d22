"""Spreadsheets: the first sheet with a table, as a text table would be read."""

import zipfile

import numpy as np
import openpyxl
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import find_format
from gaitcast.io.table import table_columns

N = 30


def put(tmp_path, sheets, name="a.xlsx"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = tmp_path / name
    book.save(path)
    return path


ROWS = [[0.01 * k, 9.81 + 0.001 * k, k] for k in range(N)]


@pytest.mark.parametrize(
    "head",
    [
        [["time", "acc", "n"]],
        [["Subject", "P01"], ["Rate", 100], [], ["time", "acc", "n"], ["s", "m/s^2", None]],
        [[], ["time", "acc", "n"]],
    ],
)
def test_a_sheet_is_a_table(tmp_path, head):
    path = put(tmp_path, {"data": head + ROWS})
    assert find_format(path).name == "table"
    columns = table_columns(path)
    assert list(columns) == ["time", "acc", "n"]
    np.testing.assert_allclose(columns["acc"], [row[1] for row in ROWS])
    assert columns["n"].dtype == np.int64
    if len(head) > 3:
        assert columns.units == {"time": "s", "acc": "m/s^2"}
        assert columns.rate_hz == 100


def test_sheets_without_a_table_are_passed_over_and_the_others_named(tmp_path):
    sheets = {"About": [["made by a program"]], "IMU": [["time", "acc", "n"], *ROWS], "More": ROWS}
    columns = table_columns(put(tmp_path, sheets))
    assert len(columns["acc"]) == N
    assert "sheet 'IMU' read, not 'About', 'More'" in columns.notes


def test_empty_cells_are_no_values(tmp_path):
    rows = [[0.0, 1.5, None], [0.1, None, None], [0.2, 2.5, None], [0.3, 3.5, 1.0]]
    columns = table_columns(put(tmp_path, {"a": [["t", "x", "y"], *rows]}))
    np.testing.assert_array_equal(columns["x"], [1.5, np.nan, 2.5, 3.5])
    np.testing.assert_array_equal(columns["y"], [np.nan, np.nan, np.nan, 1.0])


def test_damaged_or_huge_workbooks_are_refused(tmp_path, monkeypatch):
    path = put(tmp_path, {"a": [["t", "x", "y"], *ROWS]})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(GaitcastError, match="cannot read the spreadsheet"):
        table_columns(path)
    path.write_bytes(b"no zip at all")
    with pytest.raises(GaitcastError, match="cannot read the spreadsheet"):
        table_columns(path)
    monkeypatch.setattr("gaitcast.io.spreadsheet._MOST_BYTES", 1000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(5000))
    with pytest.raises(GaitcastError, match="unpacks to more than"):
        table_columns(path)


def test_a_book_without_a_table_says_so(tmp_path):
    with pytest.raises(GaitcastError, match="sheet 'a': no table"):
        table_columns(put(tmp_path, {"a": [["just"], ["words"]]}))


def test_a_sheet_of_one_row_about_the_person_is_not_the_recording(tmp_path):
    about = [["Subject", "Mass"], ["P1", 70]]
    path = put(tmp_path, {"Info": about, "IMU": [["time", "acc", "n"], *ROWS]})
    columns = table_columns(path)
    assert list(columns) == ["time", "acc", "n"]
    assert columns.notes == ("sheet 'IMU' read, not 'Info'",)
    assert list(table_columns(put(tmp_path, {"Info": about}, "b.xlsx"))) == ["Subject", "Mass"]
