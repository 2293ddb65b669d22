"""Choices of published protocols that flatter a model; none is on unless a study asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gaitcast.options import options
from gaitcast.tasks import Series, Span


@options
class Protocol:
    """How parts of a fold are handed to a fit.

    Parameters
    ----------
    scaler : str
        Scalers are fitted on the ``train`` part, or on ``all`` of the data.
    borders : str
        Windows are ``kept`` within a recording, or run across recordings that are ``joined`` end to
        end, as concatenating tables before cutting them does.
    validation : str
        What stops the training and picks the weights: a part kept ``apart``, windows ``inside``
        what is trained on, or the ``test`` part itself. Models in closed form have no use for it.

    Notes
    -----
    The defaults are the only ones whose figures can be had on a new person; results of the others
    are marked as not deployable. They exist to reproduce a source and to show the effect of each.
    """

    scaler: Literal["train", "all"] = "train"
    borders: Literal["kept", "joined"] = "kept"
    validation: Literal["apart", "inside", "test"] = "apart"

    @property
    def leaks(self) -> bool:
        """Whether any of them is on."""
        return self != Protocol()

    def material(self, parts: Mapping[str, Sequence[Series]]) -> Material:
        """What a fit is given.

        Parameters
        ----------
        parts : dict of str to sequence of Series
            ``train``, ``validation``, ``calibration`` and ``test`` of a fold.

        Returns
        -------
        Material
            As this protocol has it.
        """
        train, validation, test = parts["train"], parts["validation"], tuple(parts["test"])
        scaled = (*train, *validation, *parts["calibration"], *test)
        if self.validation == "inside":
            train = [*train, *validation]
        if self.borders == "joined":
            train = [_joined(train)]
        return Material(
            tuple(train),
            test if self.validation == "test" else tuple(validation),
            tuple(parts["calibration"]),
            test,
            scaled if self.scaler == "all" else (),
        )


@dataclass(frozen=True)
class Material:
    """What a fit learns from, and what it is judged on.

    Parameters
    ----------
    train, validation, calibration, test : tuple of Series
        Physical units.
    scaled : tuple of Series
        What the scalers are fitted on; empty for the training part.
    """

    train: tuple[Series, ...]
    validation: tuple[Series, ...]
    calibration: tuple[Series, ...]
    test: tuple[Series, ...]
    scaled: tuple[Series, ...] = ()


def _joined(series: Sequence[Series]) -> Series:
    name = "+".join(dict.fromkeys(s.span.trial for s in series))
    mask = [np.ones(len(s), bool) if s.mask is None else s.mask for s in series]
    return Series(
        Span(name, 0, sum(len(s) for s in series)),
        np.concatenate([s.features for s in series]),
        np.concatenate([s.targets for s in series]),
        np.concatenate(mask) if any(s.mask is not None for s in series) else None,
    )
