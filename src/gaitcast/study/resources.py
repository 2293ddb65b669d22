"""What one fit takes of a machine, and how many fits a machine can run side by side."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import joblib
from annotated_types import Gt, Le
from filelock import FileLock, Timeout
from pydantic import BeforeValidator

from gaitcast.errors import GaitcastError
from gaitcast.options import build_options, options
from gaitcast.study.machine import available_mb, visible_gpus

_WAIT_S = 0.1
#: Locks of the places that processes of this machine hold until they end.
_HELD: list[FileLock] = []


@options
class Resources:
    """What one fit takes; what is not stated limits nothing.

    Parameters
    ----------
    threads : int, optional
        Threads of torch, and of the linear algebra in worker processes; one without.
    memory_mb : float, optional
        Most memory that its process holds, recordings included, MB (1e6 bytes); as much as
        finished fits took without.
    gpu_share : float, optional
        Of a GPU: 0.5 puts two fits side by side on each.
    """

    threads: Annotated[int, Gt(0)] | None = None
    memory_mb: Annotated[float, Gt(0)] | None = None
    gpu_share: Annotated[float, Gt(0), Le(1)] | None = None

    @property
    def words(self) -> str:
        """What is stated, in words; empty if nothing is."""
        stated = (
            (self.threads, f"{self.threads} threads" if self.threads != 1 else "1 thread"),
            (self.memory_mb, f"{self.memory_mb or 0:,.0f} MB"),
            (self.gpu_share, f"{self.gpu_share or 0:g} GPU"),
        )
        return ", ".join(text for value, text in stated if value is not None)

    @property
    def of_dask(self) -> dict[str, float]:
        """As ``dask worker --resources`` names them: ``GPU`` and ``MEMORY``, bytes."""
        memory = {} if self.memory_mb is None else {"MEMORY": self.memory_mb * 1e6}
        return memory if self.gpu_share is None else {"GPU": self.gpu_share, **memory}

    @property
    def places(self) -> tuple[str, ...]:
        """A GPU for each fit that the machine's GPUs can run at once, in turn; empty without."""
        if self.gpu_share is None:
            return ()
        return visible_gpus() * int(1 / self.gpu_share + 1e-9)

    def changed(self, text: str) -> Resources:
        """With other values.

        Parameters
        ----------
        text : str
            Such as ``threads=4,memory_mb=3000``.

        Raises
        ------
        GaitcastError
            If it is of another form, or a value is out of bounds.
        """
        where, given = "--resources", {}
        for part in filter(None, text.replace(",", " ").split()):
            name, _, value = part.partition("=")
            try:
                number = float(value)
            except ValueError:
                raise GaitcastError(
                    f"'{part}' is no resource",
                    where=where,
                    hint="Give such as threads=4,memory_mb=3000,gpu_share=0.5",
                ) from None
            given[name] = int(number) if number.is_integer() else number
        return build_options(Resources, {**vars_of(self), **given}, where)


def vars_of(resources: Resources) -> dict[str, Any]:
    """What is stated, by name."""
    names = ("threads", "memory_mb", "gpu_share")
    values = {name: getattr(resources, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _as_resources(value: Any) -> Any:
    return build_options(Resources, value, "resources") if isinstance(value, dict) else value


#: ``[resources]``, checked by the class itself.
ResourcesOf = Annotated[Resources, BeforeValidator(_as_resources)]


def side_by_side(
    asked: int, each: Resources, took_mb: float | None = None
) -> tuple[int, list[str]]:
    """How many fits this machine runs at once.

    Parameters
    ----------
    asked : int
        At most so many.
    each : Resources
        Of one fit.
    took_mb : float, optional
        Memory that finished fits took, for where it is not stated, MB.

    Returns
    -------
    int
        At least 1.
    list of str
        A line that says why they are fewer, that memory will be short, or that there is no GPU.

    Raises
    ------
    GaitcastError
        If one fit is stated to take more memory than there is.
    """
    limits: list[tuple[int, str]] = []
    said: list[str] = []
    if each.threads is not None:
        cores = joblib.cpu_count()
        why = f"{each.threads} threads each, {cores} cores"
        limits.append((max(1, cores // each.threads), why))
    if each.gpu_share is not None:
        if places := len(each.places):
            limits.append((places, f"{each.gpu_share:g} GPU each, GPUs: {len(visible_gpus())}"))
        else:
            said.append("no GPU here: gpu_share limits nothing, and fits run on the processor")
    needed, free = each.memory_mb or took_mb, available_mb()
    if needed is not None and free is not None:
        why = f"{needed:,.0f} MB each, {free:,.0f} MB of memory available"
        if each.memory_mb is not None and free < needed:
            raise GaitcastError(
                f"one fit does not fit: {why}",
                where="resources",
                hint="Lower memory_mb, or free memory",
            )
        if free < needed:
            said.append(f"memory will be short: {why}")
        limits.append((max(1, int(free // needed)), why))
    count, why = min(limits, default=(asked, ""))
    if count < asked:
        said.append(f"{count} side by side instead of {asked}: {why}")
    return min(count, asked), said


@dataclass(frozen=True)
class Places:
    """Places on GPUs, each taken by one process of this machine until it ends, however it ends.

    Parameters
    ----------
    folder : str
        Of the locks.
    gpus : tuple of str
        The GPU of each place.
    """

    folder: str
    gpus: tuple[str, ...]

    def take(self) -> None:
        """Let this process see the GPU of a free place only; before it uses any."""
        while True:  # one that a worker leaves is free a moment later
            for number, gpu in enumerate(self.gpus):
                lock = FileLock(Path(self.folder) / f"{number}.lock", blocking=False)
                try:
                    lock.acquire()
                except Timeout:
                    continue
                _HELD.append(lock)
                os.environ["CUDA_VISIBLE_DEVICES"] = gpu
                return
            time.sleep(_WAIT_S)
