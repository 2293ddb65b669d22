"""Download public datasets: with resume, and checked before use."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from gaitcast.datasets.dataset import Dataset, Download
from gaitcast.errors import GaitcastError

_CHUNK = 2**20
_PATIENCE_S = 30
_ATTEMPTS = 5

#: Called with a file's name, the bytes received, and the bytes in total (0 if unknown).
Announce = Callable[[str, int, int], None]


def fetch(dataset: Dataset, folder: Path, announce: Announce = lambda *_: None) -> list[Path]:
    """Download the missing files of a dataset.

    Parameters
    ----------
    dataset : Dataset
        With downloads.
    folder : Path
        Created if missing. A complete file is not fetched again; an interrupted download continues
        (``NAME.part``).
    announce : callable
        Called to report progress.

    Returns
    -------
    list of Path
        The files; archives are also unpacked into the same folder.

    Raises
    ------
    GaitcastError
        If the set cannot be fetched, the network fails five times in a row without progress, or a
        checksum differs.
    """
    downloads = dataset.downloads
    if not downloads:
        raise GaitcastError(f"'{dataset.name}' cannot be fetched", hint=dataset.how_to_get)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for download in downloads:
        path = folder / download.name
        if not _whole(path, download):
            _continue(download, path, announce)
        _unpack(path, folder)
        paths.append(path)
    return paths


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _whole(path: Path, download: Download) -> bool:
    import pooch

    kind, _, wanted = download.checksum.rpartition(":")
    return path.is_file() and pooch.file_hash(path, alg=kind or "sha256") == wanted


def _continue(download: Download, path: Path, announce: Announce) -> None:
    part = path.with_name(f"{path.name}.part")
    failed = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            _append(download, part, announce)
            break
        except OSError as error:  # requests' errors are OSErrors
            grown = part.exists() and part.stat().st_size > before
            failed = 0 if grown else failed + 1
            if failed >= _ATTEMPTS:
                raise GaitcastError(
                    f"cannot fetch: {_reason(error)}",
                    where=download.url,
                    hint="Run it again: the download continues where it stopped",
                ) from error
    if not _whole(part, download):
        part.unlink()
        raise GaitcastError(
            "the downloaded file is not the expected one (its checksum differs)",
            where=download.url,
            hint="It may have been changed at its source; the download was deleted",
        )
    part.replace(path)


def _append(download: Download, part: Path, announce: Announce) -> None:
    """Continue where the part ends; start again where the server cannot."""
    import requests

    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(download.url, headers=headers, stream=True, timeout=_PATIENCE_S) as answer:
        if answer.status_code == 416:  # nothing is left to send
            return
        answer.raise_for_status()
        goes_on = answer.status_code == 206
        have = have if goes_on else 0
        length = int(answer.headers.get("Content-Length", 0))
        total = have + length if length else 0
        with part.open("ab" if goes_on else "wb") as file:
            for chunk in answer.iter_content(_CHUNK):
                file.write(chunk)
                have += len(chunk)
                announce(download.name, have, total)
        if have < total and "Content-Encoding" not in answer.headers:
            raise OSError(f"the connection broke off after {have} of {total} bytes")


def _unpack(path: Path, folder: Path) -> None:
    done = path.with_name(f".{path.name}.unpacked")
    if done.exists() or not path.name.endswith((".zip", ".tar.gz", ".tgz")):
        return
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
        else:
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")
        done.touch()
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise GaitcastError(f"cannot unpack: {_reason(error)}", where=str(path)) from error
