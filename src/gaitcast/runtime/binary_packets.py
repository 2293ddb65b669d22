"""Binary packets: samples of many wearers in, their forecasts out; little-endian, no strings.

Samples: ``GCS1``, the number of channels and of records (2 bytes each), and of each record the
wearer's number (uint32), 0 (uint32), the time (float64, s) and the channels (float32, NaN where one
is missing). Forecasts: ``GCF1``, the number of values and of records, and of each record the
wearer's number, its health (uint32: 0 good, 1 reduced), the time (float64, s), the age of the input
(float32, s), 0 (float32) and the values (float32; steps, then targets).
"""

from __future__ import annotations

import struct

import numpy as np

from gaitcast.runtime.batch import Forecasts

#: Begin of a packet of samples, and of forecasts; another version has another one.
SAMPLES, FORECASTS = b"GCS1", b"GCF1"
_HEAD = struct.Struct("<4sHH")
#: Bytes of a packet of forecasts: several of the largest that UDP carries overflow a socket.
_MOST = 16_384


def _samples(width: int) -> np.dtype:
    names = [("number", "<u4"), ("zero", "<u4"), ("time_s", "<f8"), ("sample", "<f4", (width,))]
    return np.dtype(names)


def _forecasts(width: int) -> np.dtype:
    head = [("number", "<u4"), ("health", "<u4"), ("time_s", "<f8"), ("age_s", "<f4")]
    return np.dtype([*head, ("zero", "<f4"), ("values", "<f4", (width,))])


def samples_frame(numbers: np.ndarray, time_s: np.ndarray, samples: np.ndarray) -> bytes:
    """Samples of several wearers as a packet.

    Parameters
    ----------
    numbers : array_like of int, shape (n,)
        Of the wearers, as the server gave them.
    time_s : array_like, shape (n,)
    samples : numpy.ndarray, shape (n, channels)

    Returns
    -------
    bytes
    """
    count, width = np.shape(samples)
    made = np.zeros(count, _samples(width))
    made["number"], made["time_s"], made["sample"] = numbers, time_s, samples
    return _HEAD.pack(SAMPLES, width, count) + made.tobytes()


def read_samples(packet: bytes, channels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples of a packet.

    Parameters
    ----------
    packet : bytes
    channels : int
        Of the bundle.

    Returns
    -------
    tuple of numpy.ndarray
        Numbers of wearers (n,), times in s (n,), and samples (n, channels).

    Raises
    ------
    ValueError
        If it is no such packet, or of another number of channels.
    """
    made = _records(packet, SAMPLES, _samples(channels), channels)
    return made["number"], made["time_s"].astype(float), made["sample"].astype(float)


def forecast_frames(numbers: np.ndarray, made: Forecasts, at: np.ndarray) -> list[bytes]:
    """Some forecasts as packets.

    Parameters
    ----------
    numbers : numpy.ndarray of int, shape (n,)
        Of the wearers.
    made : Forecasts
    at : numpy.ndarray of int, shape (n,)
        Which of them.

    Returns
    -------
    list of bytes
        As many as it takes.
    """
    width = int(np.prod(made.values.shape[1:]))
    found = np.zeros(len(at), _forecasts(width))
    found["number"], found["time_s"], found["age_s"] = numbers, made.time_s[at], made.age_s[at]
    found["values"] = made.values[at].reshape(len(at), width)
    if made.health:
        found["health"] = np.isin(at, [*made.health])
    most = max(1, (_MOST - _HEAD.size) // found.itemsize)
    parts = (found[k : k + most] for k in range(0, len(found), most))
    return [_HEAD.pack(FORECASTS, width, len(part)) + part.tobytes() for part in parts]


def read_forecasts(packet: bytes) -> np.ndarray:
    """Forecasts of a packet.

    Parameters
    ----------
    packet : bytes

    Returns
    -------
    numpy.ndarray, shape (n,)
        With fields ``number``, ``health``, ``time_s``, ``age_s`` and ``values``.

    Raises
    ------
    ValueError
        If it is no such packet.
    """
    if len(packet) < _HEAD.size:
        raise ValueError("no packet of forecasts")
    width = _HEAD.unpack_from(packet)[1]
    return _records(packet, FORECASTS, _forecasts(width), width)


def _records(packet: bytes, begin: bytes, record: np.dtype, width: int) -> np.ndarray:
    if len(packet) < _HEAD.size:
        raise ValueError("a packet is too short")
    magic, wide, count = _HEAD.unpack_from(packet)
    if magic != begin or wide != width or len(packet) != _HEAD.size + count * record.itemsize:
        raise ValueError("a packet of another kind or size")
    return np.frombuffer(packet, record, count, _HEAD.size)
