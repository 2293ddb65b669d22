"""Whole or not at all: files and folders are written under a temporary name, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gaitcast.errors import GaitcastError


def write_text(path: Path, text: str) -> None:
    """Write a text file so that it is never seen half-written.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    text : str
        Content.

    Raises
    ------
    GaitcastError
        If the place cannot be written.
    """
    with new_file(path) as draft:
        draft.write_text(text, encoding="utf-8")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A draft of a file, put in its place when the block ends without an error.

    Parameters
    ----------
    path : Path
        Replaced if it exists.

    Yields
    ------
    Path
        Write here.

    Raises
    ------
    GaitcastError
        If the place cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(path)
    except OSError as error:
        raise GaitcastError(f"cannot write: {error.strerror}", where=str(path)) from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A draft of a folder, put in its place when the block ends without an error.

    Parameters
    ----------
    path : Path
        Replaced if it exists.

    Yields
    ------
    Path
        An empty folder to write into.

    Raises
    ------
    GaitcastError
        If the place cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        if path.is_dir():
            shutil.rmtree(path)
        draft.replace(path)
    except OSError as error:
        raise GaitcastError(f"cannot write: {error.strerror}", where=str(path)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
