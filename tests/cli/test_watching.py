"""`gaitcast live` as a process: it serves its page, and ends when asked to."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import numpy as np
import pytest

from gaitcast import Pipeline
from gaitcast.io import write_table

ANGLE = "right_ankle_angle_flexion"


def test_a_page_is_served_while_the_source_runs(people, tmp_path):
    pipe = Pipeline(
        inputs=["right_shank_*"], targets=[ANGLE], history_ms=200, horizon_ms=100, model="ridge"
    ).fit(people.without("S03"))
    bundle = pipe.export(tmp_path / "bundle", half_width=np.full((10, 1), 5.0))
    write_table(people["S03"].select(["right_shank_*", ANGLE]), tmp_path / "walk.csv")
    words = ["live", bundle, "--source", f"replay:{tmp_path / 'walk.csv'}", "--port", "0"]
    words += ["--host", "0.0.0.0", "--state", tmp_path / "state.npz"]
    command = [sys.executable, "-u", "-m", "gaitcast.cli", *map(str, words)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        try:
            url = re.findall(r"http://\S+", process.stdout.readline())[0]
            url = re.sub("//.*:", "//127.0.0.1:", url)
            with urllib.request.urlopen(url) as page:
                text = page.read().decode()
            assert "against the last cycle" in text
            with pytest.raises(urllib.error.HTTPError, match="403") as refused:
                urllib.request.urlopen(url.partition("?")[0])
            refused.value.close()
            until = time.monotonic() + 30
            while not (tmp_path / "state.npz").exists():
                assert time.monotonic() < until
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
