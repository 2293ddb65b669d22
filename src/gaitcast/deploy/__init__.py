"""From a trained pipeline to a `Bundle`: one ONNX graph and a JSON card."""

from gaitcast.deploy.graph import assemble
from gaitcast.deploy.network import bare_network
from gaitcast.deploy.writer import Origin, write_bundle

__all__ = ["Origin", "assemble", "bare_network", "write_bundle"]
