import io
import sys

import numpy as np

from gaitcast.deploy import write_bundle
from gaitcast.models import Signature, build
from gaitcast.runtime.__main__ import main
from gaitcast.signal import Chain
from gaitcast.tasks import Scaler
from gaitcast.training import Predictor

ANGLE = ("right_ankle_angle_flexion",)


def test_a_device_needs_no_command_line_but_the_runtime(tmp_path, capsys, monkeypatch):
    one = Scaler(np.zeros(1), np.ones(1))
    model = build("persistence", Signature(ANGLE, ANGLE, 3, 2, 100.0))
    path = write_bundle(
        Chain([], ANGLE, 100.0), Predictor("persistence", {}, model, one, one), tmp_path / "b"
    )
    assert main(["bench", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "missed 10000 us" in printed
    assert "at 100 Hz: " in printed
    monkeypatch.setattr(sys, "stdin", io.StringIO("0.00,1\n0.01,2\n0.02,3\n0.03,4\n"))
    assert main(["stream", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["0.0200,3.0000,3.0000", "0.0300,4.0000,4.0000"]
    assert main(["bench", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
