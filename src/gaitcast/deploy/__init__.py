"""From a trained pipeline to a `Bundle`: one ONNX graph and a JSON card."""

from gaitcast.deploy.export import write_bundle
from gaitcast.deploy.graph import assemble
from gaitcast.deploy.network import bare_network

__all__ = ["assemble", "bare_network", "write_bundle"]
