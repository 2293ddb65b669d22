"""ImageNet weights of the vision networks: download, check, keep."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gaitcast.atomic import new_file
from gaitcast.errors import MissingError

#: Where weights are kept; the default is the user's cache folder.
FOLDER_VARIABLE = "GAITCAST_WEIGHTS"


def imagenet_weights(
    network: str, *, source: str | None = None, folder: Path | None = None
) -> dict[str, Any]:
    """Weights of a network trained on ImageNet; downloaded once.

    Parameters
    ----------
    network : str
        ``resnet50`` or ``inceptionv3``, as pytorchcv calls them.
    source : str, optional
        Address of the releases; pytorchcv's own by default.
    folder : Path, optional
        Where they are kept; by default ``$GAITCAST_WEIGHTS``, else the user's cache folder.

    Returns
    -------
    dict of str to Tensor
        Nothing in the file is executed.

    Raises
    ------
    MissingError
        If the network is unreachable, or the file's SHA-1 is not the one that pytorchcv names.
    """
    import pooch
    import torch

    model_store = _model_store()
    error, checksum, release = model_store.get_model_name_suffix_data(network)
    name = f"{network}-{error}-{checksum[:8]}.pth"
    place = folder or Path(os.environ.get(FOLDER_VARIABLE) or pooch.os_cache("gaitcast"))
    path = place / name
    if not path.is_file() or _sha1(path.read_bytes()) != checksum:
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as failed:
            raise MissingError(
                f"weights cannot be kept: {failed.strerror}",
                where=str(place),
                hint=f"Name another folder in ${FOLDER_VARIABLE}",
            ) from failed
        base = source or f"{model_store.imgclsmob_repo_url}/releases/download"
        content = _from_archive(f"{base}/{release}/{name}.zip", name)
        if _sha1(content) != checksum:
            raise MissingError(
                "the downloaded file is not the expected one (its checksum differs)",
                where=f"{base}/{release}/{name}.zip",
                hint="Nothing was kept",
            )
        with new_file(path) as draft:
            draft.write_bytes(content)
    return torch.load(path, weights_only=True, map_location="cpu")


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _from_archive(url: str, name: str) -> bytes:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    with TemporaryDirectory() as folder:
        try:
            archive = pooch.retrieve(url, known_hash=None, path=folder, fname="weights.zip")
            with zipfile.ZipFile(archive) as opened:
                return opened.read(name)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise MissingError(
                f"no ImageNet weights: {reason}",
                where=url,
                hint='Try again when online, or leave weights = "" to start from random ones',
            ) from error


def _model_store() -> Any:
    try:
        from pytorchcv.models.common import model_store
    except ModuleNotFoundError as error:
        raise missing_vision() from error
    return model_store


def missing_vision() -> MissingError:
    """Error for a missing pytorchcv, with the command that installs it."""
    return MissingError(
        "the picture networks need pytorchcv, which is not installed",
        hint="Run: pip install --no-deps pytorchcv (it asks for torchvision, which is not needed)",
    )
