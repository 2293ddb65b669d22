"""ResNet50 and InceptionV3 on the window as a picture."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Literal

import torch
from annotated_types import Ge
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature
from gaitcast.models.weights import imagenet_weights, missing_vision


class _Picture(WindowNetwork):
    """The window, time down and channels across, resized to a square with three equal planes.

    Scaled values are the grey levels: a channel's mean is 0, as the mean colour is for ImageNet.
    """

    network: ClassVar[str]

    def __init__(
        self, signature: Signature, side: int, weights: Literal["", "imagenet"], fusion: Fusion
    ) -> None:
        super().__init__(signature, fusion)
        self.side, self.weights = side, weights
        whole = self.whole()
        self.features = whole.features
        self.features.final_pool = nn.AdaptiveAvgPool2d(1)  # for any picture size
        # Half as fast again on a processor if channels are adjacent in memory.
        self.features.to(memory_format=torch.channels_last)
        self.last = self.readout(2048)

    def whole(self) -> Any:
        """The network as pytorchcv makes it, with random weights."""
        raise NotImplementedError

    @classmethod
    def fetch(cls, **options: object) -> None:
        """See :meth:`Forecaster.fetch`; pytorchcv, and the weights if they are wanted."""
        if options.get("weights"):
            imagenet_weights(cls.network)
        elif find_spec("pytorchcv") is None:
            raise missing_vision()

    def begin(self) -> None:
        """See :meth:`Forecaster.begin`; loads the ImageNet weights if they are wanted."""
        if self.weights:
            found = imagenet_weights(self.network)
            prefix = "features."
            own = {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)}
            self.features.load_state_dict(own)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        size = (self.side, self.side)
        picture = interpolate(window[:, None], size, mode="bilinear", align_corners=False)
        return self.features(picture.expand(-1, 3, -1, -1)).flatten(1)


class ResNet50(_Picture):
    """ResNet-50 (He et al. 2016) on the window as a picture.

    Parameters
    ----------
    side : int
        Width and height of the picture, pixels.
    weights : str
        ``imagenet`` starts with weights trained on photographs; fetched once, when a fit begins.
    fusion : str
        Where covariates come in.

    Notes
    -----
    23.5 million parameters before the readout and 3.8 billion multiply-adds at the usual 224
    pixels, as published; they grow with the number of pixels, so 0.31 billion at 64.

    Differences from the paper: Sugiarto et al. 2025 do not state publicly how they fed it.
    """

    network: ClassVar[str] = "resnet50"

    def __init__(
        self,
        signature: Signature,
        side: Annotated[int, Ge(32)] = 64,
        weights: Literal["", "imagenet"] = "",
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, side, weights, fusion)

    def whole(self) -> Any:
        """See :meth:`_Picture.whole`."""
        try:
            from pytorchcv.models.resnet import resnet50
        except ModuleNotFoundError as error:
            raise missing_vision() from error
        return resnet50()


class InceptionV3(_Picture):
    """Inception-v3 (Szegedy et al. 2016) on the window as a picture.

    Parameters
    ----------
    side : int
        Width and height of the picture, pixels; its poolings need at least 75.
    weights : str
        ``imagenet`` starts with weights trained on photographs; fetched once, when a fit begins.
    fusion : str
        Where covariates come in.

    Notes
    -----
    21.8 million parameters before the readout; 5.7 billion multiply-adds at the usual 299 pixels.

    Differences from the paper: Sugiarto et al. 2025 do not state publicly how they fed it.
    """

    network: ClassVar[str] = "inceptionv3"

    def __init__(
        self,
        signature: Signature,
        side: Annotated[int, Ge(75)] = 75,
        weights: Literal["", "imagenet"] = "",
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, side, weights, fusion)

    def whole(self) -> Any:
        """See :meth:`_Picture.whole`."""
        try:
            from pytorchcv.models.inceptionv3 import inceptionv3
        except ModuleNotFoundError as error:
            raise missing_vision() from error
        return inceptionv3()
