"""What this machine has left for fits: memory, its control groups included, and GPUs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MB = 1e6
_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")
#: Limit and use of a control group, and of its use what is given back when memory is wanted.
_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def available_mb() -> float | None:
    """Memory that new processes can have, MB (1e6 bytes).

    Returns
    -------
    float or None
        The least of what the system has left and of what each control group (SLURM, a container)
        leaves; None where the system does not say.
    """
    found = [*_system(), *_control_groups()]
    return max(0.0, min(found)) / _MB if found else None


def _system() -> Iterator[float]:
    with suppress(OSError):
        for line in (_PROC / "meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                yield float(line.split()[1]) * 1024
                return
    with suppress(AttributeError, ValueError, OSError):  # macOS knows only how much it has
        yield float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _control_groups() -> Iterator[float]:
    """Bytes left in this process's group and in those above it."""
    try:
        rows = (_PROC / "self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for row in rows:
        number, kinds, place = row.split(":", 2)
        if number == "0" and not kinds:
            root, names = _CGROUP, _V2
        elif "memory" in kinds.split(","):
            root, names = _CGROUP / "memory", _V1
        else:
            continue
        inner = Path(place.lstrip("/"))
        for group in (inner, *inner.parents):  # a container may not see the groups above its own
            with suppress(OSError, ValueError):
                yield _left_in(root / group, *names)


def _left_in(group: Path, limit: str, used: str, given_back: str) -> float:
    """Bytes; ValueError for ``max``, which is no number and no limit."""
    most, now = (int((group / name).read_text(encoding="utf-8")) for name in (limit, used))
    cached = 0
    with suppress(OSError):
        stat = (group / "memory.stat").read_text(encoding="utf-8").splitlines()
        cached = sum(int(row.split()[1]) for row in stat if row.split()[0] == given_back)
    return float(most - now + cached)


def visible_gpus() -> tuple[str, ...]:
    """CUDA devices that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them."""
    import torch

    count = torch.cuda.device_count()
    asked = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    names = [name.strip() for name in asked.split(",") if name.strip()]
    return tuple((names or [str(number) for number in range(count)])[:count])


def begin_peak() -> None:
    """Forget the most memory that this process held so far, where the system can."""
    with suppress(OSError):
        (_PROC / "self/clear_refs").write_text("5", encoding="utf-8")


def peak_mb() -> float | None:
    """Most memory that this process held since :func:`begin_peak`, MB.

    Returns
    -------
    float or None
        Resident, pages of mapped files included; where the beginning cannot be set, since the
        process began. None where the system does not say.
    """
    with suppress(OSError):
        for line in (_PROC / "self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024 / _MB
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MB
    return None
