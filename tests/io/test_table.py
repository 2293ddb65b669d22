import numpy as np
import pandas as pd
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import find_mapping, guess_mapping, read, write_cohort, write_table
from gaitcast.io.table import table_columns
from gaitcast.simulate import simulate

MAPPING = """
rate_hz = 100
subject = "P01"
time = { column = "t_ms", unit = "ms" }

[channels]
right_foot_acc_x = { column = "ax", unit = "g" }
right_ankle_angle_flexion = { column = "enc", unit = "rad", scale = -1 }
"""


@pytest.fixture
def frame():
    n = 40
    return pd.DataFrame({"t_ms": np.arange(n) * 10.0, "ax": np.ones(n), "enc": np.full(n, 0.5)})


@pytest.fixture
def place(tmp_path):
    (tmp_path / "mapping.toml").write_text(MAPPING)
    return tmp_path


def put(place, frame, name="walk.csv"):
    path = place / name
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_csv(
        path, index=False, sep="\t" if name.endswith("tsv") else ","
    )
    return path


@pytest.mark.parametrize("name", ["walk.csv", "walk.tsv", "walk.parquet"])
def test_columns_become_canonical_channels(place, frame, name):
    (trial,) = read(put(place, frame, name))
    assert (trial.subject, trial.trial, trial.rate_hz) == ("P01", "walk", 100.0)
    assert trial.column("right_foot_acc_x")[0] == pytest.approx(9.80665)
    assert trial.column("right_ankle_angle_flexion")[0] == pytest.approx(-np.degrees(0.5))
    assert trial.time_s[1] == pytest.approx(0.01)


def test_other_separators_decimals_and_packed_files_read_alike(place, frame):
    import gzip

    (plain,) = read(put(place, frame))
    text = frame.to_csv(index=False, sep=";", decimal=",")
    (place / "euro.csv").write_text(text)
    (euro,) = read(place / "euro.csv")
    with gzip.open(place / "packed.csv.gz", "wt") as file:
        file.write(frame.to_csv(index=False))
    (packed,) = read(place / "packed.csv.gz")
    frame.to_feather(place / "walk.feather")
    (feather,) = read(place / "walk.feather")
    for other in (euro, packed, feather):
        np.testing.assert_array_equal(other.samples, plain.samples)


def test_without_a_time_column_rows_are_one_period_apart(place, frame):
    text = MAPPING.replace('time = { column = "t_ms", unit = "ms" }', "")
    (place / "mapping.toml").write_text(text)
    (trial,) = read(put(place, frame))
    np.testing.assert_allclose(trial.time_s, np.arange(40) / 100)


@pytest.mark.parametrize("column", [pd.date_range("2020", periods=40), [True, False] * 20])
def test_dates_and_truth_values_are_no_measurements(place, frame, column):
    with pytest.raises(GaitcastError, match="column 'ax' is not numeric"):
        read(put(place, frame.assign(ax=column), "walk.parquet"))


def test_a_written_table_reads_back(tmp_path):
    (original,) = simulate(1, 0.05, 1)
    write_table(original, tmp_path / "S01.csv")
    (again,) = read(tmp_path / "S01.csv")
    assert again.channels == original.channels
    np.testing.assert_allclose(again.samples, original.samples, atol=1e-6)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.rename(columns={"ax": "a_x"}), "no column 'ax'.*Did you mean 'a_x'"),
        (
            lambda f: f.assign(ax=f["ax"].where(f.index < 10)),
            "30 values are not numbers.*sample 10",
        ),
        (
            lambda f: f.assign(t_ms=f["t_ms"].where(f.index != 20, 0)),
            "time does not increase at sample 20",
        ),
        (lambda f: f.assign(enc="x"), "column 'enc' is not numeric"),
        (lambda f: f.iloc[:0], "no rows"),
    ],
)
def test_a_spoilt_table_gives_one_clear_line(place, frame, spoil, words):
    with pytest.raises(GaitcastError, match=words) as error:
        read(put(place, spoil(frame)))
    assert "walk.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_all_faults_of_a_mapping_are_named_at_once(place, frame):
    spoilt = MAPPING.replace("rate_hz", "rate_Hz").replace('unit = "g"', 'unit = "gee"', 1)
    spoilt = spoilt.replace("scale = -1", 'scale = "x"').replace('subject = "P01"', "subject = []")
    (place / "mapping.toml").write_text(spoilt)
    with pytest.raises(GaitcastError) as error:
        read(put(place, frame))
    first, *lines = str(error.value).split("\n  ")
    assert first == f"{place / 'mapping.toml'}: 4 faults"
    for line, words in zip(
        lines,
        (
            "unknown key 'rate_Hz'. Did you mean 'rate_hz'",
            "subject is not",
            "'gee'",
            "scale is not",
        ),
        strict=True,
    ):
        assert words in line


@pytest.mark.parametrize(
    ("columns", "rules"),
    [
        ({"person": "AAABBB"}, ['subject = { column = "person" }']),
        ({"Walk": "112233"}, ['trial = { column = "Walk" }']),
        (
            {"participant": "AAABBB", "trial": "112334"},
            ['subject = { column = "participant" }', 'trial = { column = "trial" }'],
        ),
        ({"person": "AAABBB", "foot": "LLRRLL"}, ['subject = { column = "person" }']),
        ({"person": "AAAAAA"}, []),
    ],
)
def test_a_table_whose_time_starts_again_is_told_which_column_keeps_it_apart(
    tmp_path, columns, rules
):
    part = 40
    labels = {name: np.repeat([*word], part) for name, word in columns.items()}
    first = next(iter(columns))
    starts = {"person": 3, "Walk": 2, "participant": 1}[first] * part
    if first == "participant":  # each walk of each person begins at 0
        code = np.char.add(labels["participant"], labels["trial"])
        time_s = np.concatenate([np.arange((code == c).sum()) / 100 for c in dict.fromkeys(code)])
    else:
        time_s = np.tile(np.arange(starts) / 100, 6 * part // starts)
    frame = pd.DataFrame({**labels, "t": time_s, "knee flexion right (deg)": np.sin(time_s * 9)})
    frame.to_csv(tmp_path / "all.csv", index=False)
    text = guess_mapping(table_columns(tmp_path / "all.csv")).text
    said = [line.split("    #")[0] for line in text.splitlines() if "= { column" in line]
    assert said[1:-1] == rules
    plain = "\n".join(line for line in text.splitlines() if "time starts again" not in line)
    (tmp_path / "mapping.toml").write_text(plain)
    with pytest.raises(GaitcastError, match="time does not increase") as error:
        read(tmp_path / "all.csv")
    assert (" and ".join(rules) or "Sort or drop") in error.value.hint
    if rules:
        (tmp_path / "mapping.toml").write_text(text)
        assert len(read(tmp_path / "all.csv")) > 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rate_hz", "rate_Hz", "Did you mean 'rate_hz'"),
        ('unit = "g"', 'unit = "gee"', "unknown unit 'gee'"),
        ('unit = "g"', 'units = "g"', "Did you mean 'unit'"),
        ("right_foot_acc_x", "foot_acc_x", "side_segment_quantity_axis"),
        ("rate_hz = 100", "rate_hz = -1", "not a positive number"),
        ("[channels]", "[channels", "cannot read the mapping"),
        ("rate_hz = 100", "", "'rate_hz' is missing"),
        ('time = { column = "t_ms", unit = "ms" }', "time = 3", "'time' is not a table"),
        ("scale = -1", 'scale = "x"', "scale is not a number"),
        ('unit = "ms"', 'unit = "s"', "time advances at 0.1 Hz, but rate_hz is 100"),
        ('subject = "P01"', "subject = []", "subject is not a name"),
        ("rate_hz = 100", "rate_hz = inf", "not a positive number"),
    ],
)
def test_a_spoilt_mapping_gives_one_clear_line(place, frame, old, new, words):
    (place / "mapping.toml").write_text(MAPPING.replace(old, new, 1))
    with pytest.raises(GaitcastError, match=words):
        read(put(place, frame))


def test_absent_or_unknown_files_are_named(tmp_path):
    with pytest.raises(GaitcastError, match=r"nowhere\.csv: no such file"):
        read(tmp_path / "nowhere.csv")
    (tmp_path / "a.xyz").write_text("hello")
    with pytest.raises(GaitcastError, match=r"no reader for '\.xyz'"):
        read(tmp_path / "a.xyz")


def test_a_mapping_above_a_cohort_folder_is_not_its_own(place):
    cohort = simulate(1, 0.1, 3)
    write_cohort(cohort, place / "cohort", tables="csv")
    table = place / "cohort" / "recordings" / "S01.csv"
    assert find_mapping(table) is None
    assert read(table)[0].channels == cohort.recordings[0].channels
    (place / "cohort" / "mapping.toml").write_text(MAPPING)
    assert find_mapping(table) == place / "cohort" / "mapping.toml"


def test_an_error_names_the_mapping_that_made_it(place, frame):
    path = put(place, frame.drop(columns="enc"))
    with pytest.raises(GaitcastError, match=r"enc.*\(by .*mapping\.toml\)"):
        read(path)
