"""ImageNet weights from a server on this machine: taken, refused, or told to be out of reach."""

import hashlib
import http.server
import threading
import zipfile
from functools import partial

import pytest
import torch

from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.models.weights import imagenet_weights

SIGNATURE = Signature(("right_foot_acc_x",), ("right_ankle_angle_flexion",), 20, 2, 100.0)


@pytest.fixture(scope="module")
def network():
    from pytorchcv.models.resnet import resnet50

    return resnet50()


@pytest.fixture
def release(tmp_path, monkeypatch, network):
    """Address of a release with one weight file, and that file's tensors."""
    from pytorchcv.models.common import model_store

    torch.manual_seed(3)
    tensors = {k: torch.rand_like(v.float()).to(v.dtype) for k, v in network.state_dict().items()}
    made = tmp_path / "made.pth"
    torch.save(tensors, made)
    checksum = hashlib.sha1(made.read_bytes(), usedforsecurity=False).hexdigest()
    facts = ("0633", checksum, "v1")
    monkeypatch.setattr(model_store, "get_model_name_suffix_data", lambda _: facts)
    place = tmp_path / "site" / "v1"
    place.mkdir(parents=True)
    name = f"resnet50-0633-{checksum[:8]}.pth"
    with zipfile.ZipFile(place / f"{name}.zip", "w") as archive:
        archive.write(made, name)
    handler = partial(Quiet, directory=str(tmp_path / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", tensors, place / f"{name}.zip"
    server.shutdown()
    server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_weights_come_once_and_are_put_into_the_network(release, tmp_path, monkeypatch):
    address, tensors, archive = release
    kept = tmp_path / "kept"
    got = imagenet_weights("resnet50", source=address, folder=kept)
    assert torch.equal(got["features.stage1.unit1.body.conv1.conv.weight"],
                       tensors["features.stage1.unit1.body.conv1.conv.weight"])  # fmt: skip
    archive.unlink()  # from now on the file that was kept is used
    monkeypatch.setenv("GAITCAST_WEIGHTS", str(kept))
    model = build("resnet50", SIGNATURE, {"weights": "imagenet", "side": 32})
    own = "stage1.unit1.body.conv1.conv.weight"
    assert not torch.equal(model.features.state_dict()[own], tensors[f"features.{own}"])
    model.begin()
    assert torch.equal(model.features.state_dict()[own], tensors[f"features.{own}"])


def test_another_file_is_refused(release, tmp_path):
    address, _, archive = release
    with zipfile.ZipFile(archive) as opened:
        name = opened.namelist()[0]
    with zipfile.ZipFile(archive, "w") as changed:
        changed.writestr(name, b"something else")
    kept = tmp_path / "kept"
    with pytest.raises(GaitcastError, match="checksum differs"):
        imagenet_weights("resnet50", source=address, folder=kept)
    assert not [*kept.iterdir()]


def test_out_of_reach_is_one_line(tmp_path):
    with pytest.raises(GaitcastError, match=r"no ImageNet weights.*leave weights"):
        imagenet_weights("resnet50", source="http://127.0.0.1:9", folder=tmp_path)
