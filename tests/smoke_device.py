"""What a device needs: size of its environment, time of an import, and a bundle that runs.

`make wheel-test` calls it in an environment that holds the wheel with the extra ``runtime`` and
nothing else, in a folder without the source tree. Argument: a bundle.
"""

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

MOST_MB = 150
packages = Path(sysconfig.get_paths()["purelib"])
own = ("pip", "setuptools", "__pycache__")
size_mb = (
    sum(
        file.stat().st_size
        for entry in packages.iterdir()
        if not entry.name.startswith(own)
        for file in ([entry] if entry.is_file() else entry.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
    )
    / 1e6
)
assert not (packages / "torch").exists()
begun = time.perf_counter()
subprocess.run([sys.executable, "-c", "import gaitcast.runtime"], check=True)
import_s = time.perf_counter() - begun

import numpy as np  # noqa: E402

from gaitcast.runtime import Bundle, Engine  # noqa: E402

bundle = Bundle.load(sys.argv[1])
engine, made = Engine(bundle), []
for k in range(400):
    phase = 2 * np.pi * k / 100
    made += engine.push(k / 100, np.full(len(bundle.card.channels), np.sin(phase)))
assert made
assert all(np.isfinite(one.values).all() for one in made)
print(f"device environment {size_mb:.0f} MB (< {MOST_MB}), import of the runtime {import_s:.2f} s")
print(f"{len(made)} forecasts of {bundle.path.name}")
assert size_mb < MOST_MB, size_mb
