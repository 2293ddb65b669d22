"""From a trained pipeline to a `Bundle`: one ONNX graph and a JSON card."""

from gaitcast.deploy.graph import assemble
from gaitcast.deploy.network import bare_network
from gaitcast.deploy.writer import write_bundle

__all__ = ["assemble", "bare_network", "write_bundle"]
