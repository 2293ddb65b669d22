"""Sources and sinks by their addresses, and standard input."""

import io

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.runtime.opening import open_sink, open_source

CHANNELS = ("right_foot_gyr_x", "right_shank_gyr_x")


def piped(monkeypatch, text, said):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    return list(open_source(["stdin"], CHANNELS, 0.1, said.append))


def test_lines_of_standard_input_are_csv_or_json(monkeypatch):
    said = []
    found = piped(
        monkeypatch,
        b'time_s,foot,shank\n0.5,1,2\n\n{"time_s": 0.6, "right_shank_gyr_x": 3}\n\xff\xfe\n0.7,4,5',
        said,
    )
    assert [t for t, _ in found] == [0.5, 0.6, 0.7]
    np.testing.assert_array_equal([row for _, row in found], [[1, 2], [np.nan, 3], [4, 5]])
    assert said == ["lines that are no samples are left out, such as 'time_s,foot,shank'"]


def test_without_any_sample_standard_input_is_an_error(monkeypatch):
    with pytest.raises(GaitcastError, match="none of 2 lines is a sample"):
        piped(monkeypatch, b"a,b\nc,d\n", [])
    assert not piped(monkeypatch, b"\n", [])


def test_sources_must_make_up_a_sample():
    for sources, words in (
        (["udp://:9000", "udp://:9001"], "several sources give right_foot_gyr_x"),
        (["udp://:9000?channels=*_foot_*"], "no source gives right_shank_gyr_x"),
        (["stdin?x=1"], "no address"),
        (["replay:walk.csv"], "no address"),
        (["udp://:9000?channels=*_foot_*", "lsl:A?channels=*_shank_*"], "with LSL streams only"),
    ):
        with pytest.raises(GaitcastError, match=words):
            open_source(sources, CHANNELS, 0.1, print)


def test_where_forecasts_cannot_be_sent():
    for text, words in (
        ("serial:/dev/ttyUSB0", "cannot be sent there"),
        ("udp://:9000?channels=x", "takes no options"),
        ("nowhere", "is no address"),
    ):
        with pytest.raises(GaitcastError, match=words):
            open_sink(text, None, ["stdin"])
