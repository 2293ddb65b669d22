"""All or nothing: files and folders are written under a temporary name, then renamed."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gaitcast.errors import CannotWriteError, GaitcastError


def write_text(path: str | Path, text: str) -> None:
    """Write a text file so that it is never seen half-written.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists.

    Raises
    ------
    CannotWriteError
        If the file cannot be written.
    """
    with new_file(path) as draft:
        draft.write_text(text, encoding="utf-8")


@contextmanager
def new_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path; the file replaces `path` when the block ends without an error.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists.

    Raises
    ------
    CannotWriteError
        If the file cannot be written.
    """
    place = Path(path).resolve()
    draft = place.with_name(f".{place.name}.{_writer()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(place)
    except OSError as error:
        raise CannotWriteError(f"cannot write: {error.strerror}", where=str(path)) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def new_folder(path: str | Path, files: Sequence[str]) -> Iterator[Path]:
    """Yield a temporary folder; it replaces `path` when the block ends without an error.

    Parameters
    ----------
    path : str or Path
        Replaced if it holds nothing but `files`; any other folder is left alone.
    files : sequence of str
        Names of the files that the new folder will hold.

    Yields
    ------
    Path
        An empty folder to write the files into.

    Raises
    ------
    GaitcastError
        If the folder holds other files; `CannotWriteError` if it cannot be written.
    """
    place = Path(path).resolve()
    draft = place.with_name(f".{place.name}.{_writer()}")
    old = place.with_name(f".{place.name}.old.{_writer()}")
    try:
        if place.exists() and (
            not place.is_dir() or {p.name for p in place.iterdir()} - set(files)
        ):
            raise GaitcastError(
                "exists and holds something else", where=str(path), hint="Name another place"
            )
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        if place.exists():
            place.replace(old)
        try:
            draft.replace(place)
        except BaseException:  # an interruption too
            if old.exists():
                old.replace(place)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise CannotWriteError(f"cannot write: {error.strerror}", where=str(path)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _writer() -> str:
    """Differs between processes, also of several machines that share a folder."""
    return f"{socket.gethostname()}.{os.getpid()}"
