import pytest

from gaitcast.errors import GaitcastError
from gaitcast.evaluation import read_study, shipped_studies

TEXT = shipped_studies()["demo"].read_text(encoding="utf-8")


def test_shipped_studies_are_valid():
    assert {"demo", "zare2025"} <= set(shipped_studies())
    for name in shipped_studies():
        study = read_study(name)
        assert study.name == name
        assert study.quickened().seeds == study.seeds[:1]


def test_repeats_replace_the_seeds_of_the_study_and_of_nothing_else():
    study = read_study("zhu2021")
    assert study.repeated(30).seeds == [*range(30)]
    assert study.quickened().repeated(3).seeds == [0, 1, 2]
    assert study.repeated(30).models == study.models


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("history_ms", "histroy_ms", "Did you mean 'history_ms'"),
        ("[quick]", "[quik]", "Did you mean 'quick'"),
        ('model = "gru"', 'model = "gruu"', "Did you mean 'gru'"),
        ('steps = ["lowpass-tilt"]', 'steps = ["lowpas-tilt"]', "Did you mean 'lowpass-tilt'"),
        ('inputs = ["imu+angle"]', 'inputs = ["imu-angle"]', "Did you mean 'imu"),
        ("cutoff_hz = 20", "cutof_hz = 20", "Did you mean 'cutoff_hz'"),
        ('step = "butterworth"', 'step = "buterworth"', "Did you mean 'butterworth'"),
        (
            'kind = "held-out-subjects"',
            'kind = "held-out-subject"',
            "Did you mean 'held-out-subjects'",
        ),
        ("max_epochs = 12", "max_epoch = 12", "Did you mean 'max_epochs'"),
        ("history_ms = 2000", "history_ms = -1", "greater than 0"),
        ("seeds = [0]", "seeds = []", "at least 1 item"),
        ("seeds = [0]", "seeds = [", "not valid TOML"),
        ("seeds = [0]", "seeds = [-1]", "greater than or equal to 0"),
        ("cutoff_hz = 20", 'cutoff_hz = "five"', "'cutoff_hz': input should be a valid number"),
        ("cutoff_hz = 20", "cutoff_hz = -3", "'cutoff_hz': input should be greater than 0"),
        ("order = 2", "order = 40", "'order': input should be less than or equal to 8"),
        ("max_epochs = 12", "max_epochs = 0", "'max_epochs': input should be greater than 0"),
        ("max_epochs = 12", 'loss = "huber"', "'loss': input should be 'mse' or 'mae'"),
        ("subjects = 5", 'subjects = "three"', "'subjects': input should be a valid integer"),
        ("subjects = 5", "people = 5", "unknown option 'people'"),
        ("horizons_ms = [300]", "horizons_ms = [nan]", "finite number"),
        ("folds = 2", "folds = 0", "greater than 0"),
        ('split = "loso"', 'split = "los"', "Did you mean 'loso'"),
        ('steps = "lowpass-tilt" }', 'steps = "none" }', r"no entry of \[\[models\]\] runs this"),
        ('name = "loso"', 'name = "mine"', "unknown name 'loso'. Valid: mine"),
        ('imu = ["right_foot_[ag]*", "right_shank_*"]\n', "imu = []\n", "at least 1 item"),
    ],
)
def test_a_typo_gives_one_clear_line(tmp_path, old, new, words):
    assert old in TEXT
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(GaitcastError, match=words) as error:
        read_study(str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_an_absent_study_lists_the_shipped_ones():
    with pytest.raises(GaitcastError, match=r"no study 'zare'.*zare2025"):
        read_study("zare")
