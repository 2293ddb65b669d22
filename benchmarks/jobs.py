"""What the list of jobs costs: 10,000 tiny jobs expanded, run and resumed; overhead of a fit.

``python benchmarks/jobs.py [JOBS]``. In the first part nothing is fitted: a fit is a folder with
one file, so that the time is that of listing, hashing, claiming and keeping. In the second part
fits are real, and the overhead is all that the run takes besides them. Times of the process and
of the clock are both given: they differ on a machine that has other work.
"""

import sys
import tempfile
import time
from pathlib import Path

from gaitcast.study import Study, Workspace, fit_folder, read_fit, run_study
from gaitcast.study import attempts as attempts_module

PEOPLE, HORIZONS = 10, 50


def study(entries: int) -> Study:
    """Persistence, `entries` times, each scored at other samples."""
    return Study.model_validate(
        {
            "name": "many",
            "title": "Many tiny jobs",
            "seeds": [0],
            "data": {"dataset": "simulated", "options": {"subjects": PEOPLE, "minutes": 0.1}},
            "task": {
                "name": "ankle",
                "targets": ["right_ankle_angle_flexion"],
                "history_ms": 500,
                "horizons_ms": [10 * (k + 1) for k in range(HORIZONS)],
            },
            "inputs": {"angle": ["right_ankle_angle_flexion"]},
            "models": [
                {"model": "persistence", "name": f"p{k}", "inputs": ["angle"], "score_stride": k}
                for k in range(1, entries + 1)
            ],
            "splits": [{"name": "loso", "kind": "leave-one-subject-out"}],
        }
    )


def keep_nothing(workspace: Workspace, ready: object, **_: object) -> None:
    folder = fit_folder(workspace, ready.key)
    folder.mkdir()
    (folder / "fit.json").write_text("{}")


def engine(jobs: int) -> None:
    place = Workspace(study(jobs // (PEOPLE * HORIZONS)), None, Path(tempfile.mkdtemp()), "none")
    place.cohort("uniform")
    begun: list[tuple[float, float]] = []
    real, attempts_module.run_plan = attempts_module.run_plan, keep_nothing
    start = now()
    count = len(run_study(place, expect=lambda _: begun.append(now())))
    end = now()
    attempts_module.run_plan = real
    print(f"{count} jobs, a second by the clock (of the process):")
    print(f"  expanded {rates(count, start, begun[0])}")
    print(f"  run without a fit {rates(count, begun[0], end)}", flush=True)
    start = now()
    assert len(run_study(place)) == count
    print(f"  resumed {rates(count, start, now())}", flush=True)


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def rates(count: int, start: tuple[float, float], end: tuple[float, float]) -> str:
    clock, process = (count / (b - a) for a, b in zip(start, end, strict=True))
    return f"{clock:.0f} ({process:.0f})"


def overhead(workers: int) -> None:
    place = Workspace(study(1), None, Path(tempfile.mkdtemp()), "none")
    place.cohort("uniform")
    run_study(place, workers=workers, shard=(1, 50))  # processes are started
    start = time.perf_counter()
    fits = run_study(place, workers=workers)
    wall_s = time.perf_counter() - start
    fitted_s = sum(read_fit(fit_folder(place, key))["took_s"] for _, key in fits)
    each_s = (wall_s - fitted_s / workers) * workers / len(fits)
    print(
        f"{len(fits)} real fits of persistence, {workers} workers: {len(fits) / wall_s:.0f} a "
        f"second; {1000 * each_s:.1f} ms of a job is not the fit: {10 * each_s:.2f} % of 10 s"
    )


if __name__ == "__main__":
    engine(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    for side_by_side in (1, 2):
        overhead(side_by_side)
