"""Tables as laboratories write them: each dialect gives the columns that a clean CSV gives."""

import gzip

import numpy as np
import openpyxl
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.io.formats import find_format
from gaitcast.io.table import table_columns
from gaitcast.units import parse_unit

N = 40
TIME = [f"{k * 0.02:.2f}" for k in range(N)]
ACC = [f"{9.81 + 0.01 * k:.3f}" for k in range(N)]
ROWS = [[t, a] for t, a in zip(TIME, ACC, strict=True)]
MAPPING = """
rate_hz = 50
time = { column = "time", unit = "s" }
[channels]
right_foot_acc_x = { column = "acc", unit = "m/s^2" }
"""


def body(separator=",", rows=ROWS, end="\n"):
    return "".join(separator.join(row) + end for row in rows)


def put(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def check(columns, names=("time", "acc")):
    assert list(columns) == list(names)
    np.testing.assert_allclose(columns[names[0]], np.arange(N) * 0.02, atol=1e-9)
    np.testing.assert_allclose(columns[names[1]], 9.81 + 0.01 * np.arange(N), atol=1e-9)


HEADS = {
    "plain": "time,acc\n",
    "sep line": "sep=,\ntime,acc\n",
    "quoted sep line": '"sep=,"\ntime,acc\n',
    "comments": "# device: X1\n# rate 50\ntime,acc\n",
    "percent comments": "% one\n%% two\n%\ntime,acc\n",
    "slashes": "// General information:\n//  MT Manager 4.6\n// Update Rate: 50.0Hz\ntime,acc\n",
    "header is a comment": "# measured today\n# time,acc\n",
    "ros": "%time,acc\n",
    "key values": "DeviceTag:,RightFoot\nFirmwareVersion:,2.0.0\nOutputRate:,50Hz\n\ntime,acc\n",
    "prose": "Exported by Program 1.2 on 3 May 2024, at 12:03\nSubject P01\n\ntime,acc\n",
    "blank lines": "\n\n\ntime,acc\n\n",
    "bracketed units": "time,acc\n[s],[m/s^2]\n",
    "units": "time,acc\ns,m/s^2\n",
    "units above": "s,m/s²\ntime,acc\n",
    "quoted names": '"time","acc"\n',
    "byte order mark": "\ufefftime,acc\n",
    "trailing separator": "time,acc,\n",
    "blanks around": " time , acc \n",
    "two preamble pairs": "Subject,P01,Mass,70\nDate,1 May\ntime,acc\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_stands_above_the_numbers_does_not_matter(tmp_path, head):
    columns = table_columns(put(tmp_path, head + body()))
    check(columns)
    if "m/s" in head:
        assert {name: parse_unit(unit) for name, unit in columns.units.items()} == {
            "time": "s",
            "acc": "m/s^2",
        }


@pytest.mark.parametrize(
    ("separator", "decimal", "name"),
    [
        (";", ".", "a.csv"), ("\t", ".", "a.txt"), ("|", ".", "a.csv"), ("  ", ".", "a.dat"),
        (";", ",", "a.csv"), ("\t", ",", "a.asc"), ("   ", ",", "a.txt"), (" ; ", ",", "a.csv"),
    ],
)  # fmt: skip
def test_separators_and_decimal_signs(tmp_path, separator, decimal, name):
    text = f"time{separator}acc\n" + body(separator).replace(".", decimal)
    check(table_columns(put(tmp_path, text, name)))
    text = "Rate: 50 Hz\n" + text.replace("\n", separator + "\n" if separator.strip() else "\n")
    columns = table_columns(put(tmp_path, text, name))
    check(columns)
    assert columns.rate_hz == 50


def test_quoted_decimal_commas_between_commas(tmp_path):
    rows = [[f'"{f.replace(".", ",")}"' for f in row] for row in ROWS]
    check(table_columns(put(tmp_path, "time,acc\n" + body(",", rows))))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path, encoding, end):
    text = "time,acc (°)\n" + body()
    columns = table_columns(put(tmp_path, text.replace("\n", end).encode(encoding)))
    if end == "\r" and encoding == "cp1252":
        assert len(columns) == 2  # taken for an old Mac's code page: the sign is another
    else:
        check(columns, ("time", "acc (°)"))


def test_packed_tables_with_a_preamble(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(("# x\ntime;acc\n" + body(";")).encode()))
    check(table_columns(path))


def test_numbers_with_thousands(tmp_path):
    def values(cells, separator=";"):
        text = f"n{separator}v\n" + "".join(f"{k}{separator}{c}\n" for k, c in enumerate(cells))
        return table_columns(put(tmp_path, text))["v"].tolist()

    assert values(["1,234.5", "2,000.25", "17.5"]) == [1234.5, 2000.25, 17.5]
    assert values(["1.234,5", "2.000,25", "17,5"]) == [1234.5, 2000.25, 17.5]
    assert values(["1 234,5", "2 000,25", "17,5"]) == [1234.5, 2000.25, 17.5]
    assert values(["1'234.5", "2'000.25", "17.5"]) == [1234.5, 2000.25, 17.5]
    assert values(["1 234 567", "2\u00a0000", "17"]) == [1234567, 2000, 17]
    assert values(["1,5", "0,25", "17,5"]) == [1.5, 0.25, 17.5]
    assert values(['"1,234.5"', '"2,000.25"', "17.5"], ",") == [1234.5, 2000.25, 17.5]
    assert values(["1.5D-3", "+2.0E1", "+.5"]) == [1.5e-3, 20.0, 0.5]


def test_a_comma_that_may_be_either_is_not_guessed(tmp_path):
    text = "n;v;w\n1;998;0.5\n2;1,002;0.6\n3;1,010;0.7\n"
    assert table_columns(put(tmp_path, text))["v"].tolist() == [998, 1002, 1010]  # w has points
    columns = table_columns(put(tmp_path, "n;v\n1;998\n2;1,002\n3;1,010\n"))
    assert columns["v"].dtype == object
    (note,) = [note for note in columns.notes if note.startswith("warning:")]
    assert "column 'v' is text: line 3 has '1,002'" in note


@pytest.mark.parametrize(
    "word", ["", "NaN", "nan", "NA", "N/A", "-", "#N/A", "null", "NULL", "--", "None"]
)
@pytest.mark.parametrize("head", ["time,acc\n", "time,acc\ns,g\n"])
def test_words_for_no_value(tmp_path, word, head):
    rows = [["0", "1.5"], ["0.1", word], ["0.2", "2.5"]]
    np.testing.assert_array_equal(
        table_columns(put(tmp_path, head + body(",", rows)))["acc"], [1.5, np.nan, 2.5]
    )


def test_repeated_and_absent_names(tmp_path):
    columns = table_columns(put(tmp_path, "t,a,a,,b\n" + "1,2,3,4,5\n" * 3))
    assert list(columns) == ["t", "a", "a.2", "column4", "b"]
    assert any("'a' occurs more than once: column 3 is 'a.2'" in note for note in columns.notes)


def test_numbers_without_a_header(tmp_path):
    columns = table_columns(put(tmp_path, body("\t"), "a.txt"))
    check(columns, ("column1", "column2"))
    assert any("no header line" in note for note in columns.notes)


def test_columns_of_text_stay_text(tmp_path):
    rows = [[t, "walk; slow" if k % 2 else "turn", a] for k, (t, a) in enumerate(ROWS)]
    columns = table_columns(put(tmp_path, "sep=,\ntime,activity,acc\n" + body(",", rows)))
    assert list(columns["activity"][:2]) == ["turn", "walk; slow"]
    assert columns["acc"].dtype == float


def test_a_damaged_number_is_named(tmp_path):
    rows = [*ROWS[:10], ["0.20", "abc"], *ROWS[11:]]
    columns = table_columns(put(tmp_path, "time,acc\n" + body(",", rows)))
    assert columns["acc"].dtype == object
    assert "warning: column 'acc' is text: line 12 has 'abc'" in columns.notes


@pytest.mark.parametrize("line", [0, 1, 2, 20, N - 2])
@pytest.mark.parametrize("head", ["time,acc\n", "# x\ntime,acc\ns,g\n"])
def test_a_damaged_row_never_hides_the_rows_above_it(tmp_path, line, head):
    rows = [*ROWS[:line], [ROWS[line][0], "abc"], *ROWS[line + 1 :]]
    columns = table_columns(put(tmp_path, head + body(",", rows)))
    assert len(columns["acc"]) == N
    rows[line] = ["0.5"]
    with pytest.raises(GaitcastError, match=f"line {line + head.count(chr(10)) + 1} has 1 value"):
        table_columns(put(tmp_path, head + body(",", rows)))


def test_footers_cut_lines_and_restarts_are_noted(tmp_path):
    def notes(text):
        columns = table_columns(put(tmp_path, text))
        assert columns["acc"].dtype == float
        return " ".join(columns.notes)

    assert "below the table" in notes("time,acc\n" + body() + "\nEnd of data\n")
    assert "below the table" in notes("time,acc\n" + body() + "Mean,-,x\nSD,0.1\n")
    assert "last line (42) is incomplete" in notes("time,acc\n" + body() + "0.8")
    assert "header occurs again in line 12" in notes(
        "time,acc\n" + body(",", ROWS[:10]) + "time,acc\n" + body(",", ROWS[10:])
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "time,acc\n" + body(",", ROWS[:5]) + "0.1,2,3\n" + body(",", ROWS[6:]),
            "line 7 has 3 values for 2",
        ),
        ("time,acc\n", "no rows"),
        ("", "empty"),
        ("just some words\nand some more of them\n", "no table"),
        ("time,acc\n" + "".join(f"0,{k:02d},9,8{k:02d}\n" for k in range(9)), "names 2 columns"),
        ("a b c\n" + body(" ", [["1", *row, "1"] for row in ROWS]), "names 3 columns"),
        ("a,b\n" + body(",", [["1", *row] for row in ROWS]), "names 2 columns"),
        ("time,acc\n0.5\n", "names 2 columns"),
        ("a;b\n1;x\n2;1,002\n", "no column|"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(tmp_path, text, words):
    if words.endswith("|"):
        columns = table_columns(put(tmp_path, text))
        assert columns["b"].dtype == object
        return
    with pytest.raises(GaitcastError, match=words):
        find_format(put(tmp_path, text))
        table_columns(tmp_path / "a.csv")


def test_shimmer(tmp_path):
    names = ["S_Timestamp_Unix_CAL", "S_Accel_LN_X_CAL", "S_Gyro_X_CAL"]
    rows = [[str(1700000000000 + 20 * k), f"{9.81 + k}", "0.5"] for k in range(N)]
    for sep in ("sep=\t\n", '"sep=\\t"\n'):
        text = sep + "\t".join(names) + "\t\nms\tm/(s^2)\tdeg/s\t\n" + body("\t", rows, "\t\n")
        columns = table_columns(put(tmp_path, text))
        assert list(columns) == names
        assert columns.units == dict(zip(names, ["ms", "m/s^2", "deg/s"], strict=True))
        assert columns[names[0]].dtype == np.int64
    old = "Shimmer,Shimmer,Shimmer\nTimestamp,Accel X,Accel X\nCAL,RAW,CAL\nms,no units,m/s^2\n"
    columns = table_columns(put(tmp_path, old + body(",", rows)))
    assert list(columns)[1:] == ["Accel X_RAW", "Accel X_CAL"] or "Shimmer" in next(iter(columns))


def test_delsys_keeps_equal_clocks_once_and_tells_different_ones(tmp_path):
    head = "X [s],S1: ACC.X [g],X [s],S1: GYRO.X [deg/s]\n"
    same = table_columns(put(tmp_path, head + "".join(f"{t},1,{t},2\n" for t in TIME)))
    assert list(same) == ["X [s]", "S1: ACC.X [g]", "S1: GYRO.X [deg/s]"]
    assert not same.notes
    rows = [
        [f"{k * 0.001:.3f}", "1.5", TIME[k] if k < 10 else "", "2.5" if k < 10 else ""]
        for k in range(N)
    ]
    other = table_columns(put(tmp_path, head + body(",", rows)))
    assert [len(values) for values in other.values()] == [N, N, 10, 10]
    assert any("2 clocks in one table" in note for note in other.notes)
    assert not [note for note in other.notes if note.startswith("warning:")]
    equal = "".join(f"{t},1.5,{float(t) * 2},2.5\n" for t in TIME)
    notes = table_columns(put(tmp_path, head + equal)).notes
    assert any(note.startswith("warning: 2 clocks in one table") for note in notes)
    cut = head + body(",", [[f for f in row if f] for row in rows])
    assert [len(values) for values in table_columns(put(tmp_path, cut)).values()] == [N, N, 10, 10]


def test_trigno_discover(tmp_path):
    text = (
        "Application:,Trigno Discover,1.4.0.1\nDate/Time:,1/2/2024 10:00\n\nTrial,walk\n"
        "sensor 1 (81728),,,\n"
        "EMG 1 Time Series (s),EMG 1 (mV),ACC X Time Series (s),ACC X (G)\n"
        "1259.259 Hz,,148.148 Hz,\n"
    )
    rows = [
        [f"{k / 1259:.5f}", "0.1", f"{k / 148:.5f}" if k < 5 else "", "1" if k < 5 else ""]
        for k in range(N)
    ]
    columns = table_columns(put(tmp_path, text + body(",", rows)))
    assert [len(values) for values in columns.values()] == [N, N, 5, 5]
    assert any("1259.259 Hz, 148.148 Hz" in note for note in columns.notes)


def test_several_header_rows_join(tmp_path):
    text = ",,Hip,,Knee,\nFrame,Time,X,Y,X,Y\n,s,deg,deg,deg,deg\n"
    rows = [[str(k), TIME[k], "1.5", "2.5", "3.5", "4.5"] for k in range(N)]
    columns = table_columns(put(tmp_path, text + body(",", rows)))
    assert list(columns) == ["Frame", "Time", "Hip X", "Hip Y", "Knee X", "Knee Y"]
    assert columns.units["Knee Y"] == "deg"


@pytest.mark.parametrize(
    ("lines", "rate"),
    [
        ("Sampling rate: 128 Hz\n", 128),
        ("# fs = 100\n", 100),
        ("FREQUENCY\t200\n", 200),
        ("Frame Rate (fps),120.0\n", 120),
        ("Sample frequency [Hz];148,15\n", 148.15),
        ("// Update Rate: 100.0Hz\n", 100),
        ("Filter frequency: 20 Hz\n", None),
        ("Sampling rate: 128 Hz\nFrame rate: 30 Hz\n", None),
        ("Original rate,1 kHz\n", None),
        ("Sampling Rate,1 kHz\n", 1000),
    ],
)
def test_the_rate_above_the_table(tmp_path, lines, rate):
    assert table_columns(put(tmp_path, lines + "time;acc\n" + body(";"))).rate_hz == rate


def test_another_table_above_is_a_warning(tmp_path):
    text = "time,acc\n" + body() + "\ntime,gyr,x\n" + body(",", [[*row, "3"] for row in ROWS * 2])
    columns = table_columns(put(tmp_path, text))
    assert list(columns) == ["time", "gyr", "x"]
    assert any(f"warning: {N} lines of numbers above line" in note for note in columns.notes)


def test_a_line_drawn_under_the_names(tmp_path):
    rows = "".join(f"| {t} | {a} |\n" for t, a in ROWS)
    columns = table_columns(put(tmp_path, "| time | acc |\n|------|-----|\n" + rows, "a.txt"))
    check(columns)


def test_rates_of_several_channels_are_no_rate_of_the_table(tmp_path):
    label = "Label: EMG {} Sampling frequency: {} Unit: V\n"
    text = label.format(1, 1925.9) + label.format(2, 148.1) + "X[s],EMG 1,EMG 2\n"
    columns = table_columns(put(tmp_path, text + body(",", [[*row, "1"] for row in ROWS])))
    assert columns.rate_hz is None
    assert any("several rates: 148.1, 1925.9 Hz" in note for note in columns.notes)


def test_an_unclean_table_with_its_mapping_is_a_recording(tmp_path):
    (tmp_path / "mapping.toml").write_text(MAPPING)
    put(tmp_path, "Device: x\n\ntime;acc\ns;g\n" + body(";"), "P1_walk.txt")
    (trial,) = read(tmp_path / "P1_walk.txt")
    assert trial.rate_hz == 50
    assert len(trial) == N


def test_files_without_a_reader_say_what_to_do(tmp_path):
    for name, words in (("a.xls", "Save it as .xlsx or .csv"), ("a.ods", "xlsx"), ("a.tdf", "BTS")):
        path = put(tmp_path, b"\xd0\xcf\x11\xe0" + bytes(500), name)
        with pytest.raises(GaitcastError, match=words):
            read(path)


SIX = [f"{side} foot acc {axis}" for side in ("right", "left") for axis in "xyz"]
AXES = "Acc X,Acc Y,Acc Z,Acc X,Acc Y,Acc Z"
HEADS = {
    "labelled rows": (
        "Sensor,Right Foot,Right Foot,Right Foot,Left Foot,Left Foot,Left Foot",
        f"Channel,{AXES}",
        "Unit,g,g,g,g,g,g",
    ),
    "labelled rows of merged cells": ("Sensor:,Right Foot,,,Left Foot,,", f"Channel:,{AXES}",
                                      "Units:,g,,,g,,"),
    "a clock among labels": ("Time,Right Foot,,,Left Foot,,", f"Channel,{AXES}",
                             "Unit,g,g,g,g,g,g"),
    "a label over the clock": ("Sensor,Right Foot,,,Left Foot,,", f"Time,{AXES}", "s,g,g,g,g,g,g"),
    "merged cells": (",Right Foot,,,Left Foot,,", f"Time,{AXES}", "s,g,g,g,g,g,g"),
    "merged units": (",Right Foot,,,Left Foot,,", f"Time,{AXES}", "s,g,,,g,,"),
    "three rows of names": (",Right Foot,,,Left Foot,,", "Time,Acc,,,Acc,,", ",X,Y,Z,X,Y,Z",
                            "s,g,g,g,g,g,g"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("ending", [".csv", ".xlsx", " merged.xlsx"])
def test_sensors_named_above_several_columns_are_part_of_each_name(tmp_path, kind, ending):
    rows = [[k * 0.02, *(9.81 + k * 0.01 + j for j in range(6))] for k in range(N)]
    heads = [line.split(",") for line in HEADS[kind]]
    path = tmp_path / f"a{ending}"
    if ending == ".csv":
        lines = [",".join(row) for row in heads] + [",".join(map(str, row)) for row in rows]
        path.write_text("\n".join(lines) + "\n")
    else:
        book = openpyxl.Workbook()
        for row in (*([word or None for word in head] for head in heads), *rows):
            book.active.append(row)
        if "merged" in ending and not heads[0][2]:
            book.active.merge_cells("B1:D1")
            book.active.merge_cells("E1:G1")
        book.save(path)
    columns = table_columns(path)
    assert [name.lower() for name in columns][1:] == SIX
    assert next(iter(columns)) in ("Time", "column1")
    assert [columns.units[name] for name in [*columns][1:]] == ["g"] * 6
    np.testing.assert_allclose([*columns.values()][6], [row[6] for row in rows], atol=1e-9)
