"""Six people walking with two IMUs and an ankle encoder (Zare Banadkouki et al. 2025)."""

from pathlib import Path

from gaitcast.datasets.dataset import Dataset
from gaitcast.io.encoder_log import read_log
from gaitcast.recording import Recording


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    return read_log(path, max_gap_s=max_gap_s)


ANKLE6 = Dataset(
    name="ankle6-encoder",
    title="Six people, 3 min each: foot and shank IMU and an ankle encoder, 97 Hz with jitter",
    citation="Zare Banadkouki et al., Bi-LSTM joint angle prediction, ICROM 2025",
    licence="none stated in the repository",
    source="https://github.com/Omidzarexz/AnkleBiLSTMJointPrediction",
    files=("LOG*.TXT",),
    read=_read,
    how_to_get=(
        "Take LOG2, 7, 8, 10, 13 and 25.TXT from the history (commits e8f0e82, cc2f51f) of the "
        "GitHub repository Omidzarexz/AnkleBiLSTMJointPrediction and put them in one folder."
    ),
)
