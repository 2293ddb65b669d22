import pickle
from pathlib import Path

import pytest

from gaitcast.errors import CombinedError, GaitcastError
from gaitcast.evaluation.splits import SPLITS, find_split
from gaitcast.study import Study, list_jobs, plan, read_study, shipped_studies
from gaitcast.study.files import choose_part
from gaitcast.study.fits import needs_of
from small_study import STUDY, workspace

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


def test_quick_leaves_out_what_takes_minutes():
    study = read_study("sugiarto2025")
    slow = {m.label for m in study.models if not m.quick}
    assert "resnet50" in slow
    assert slow.isdisjoint(m.label for m in study.quickened().models)
    # Where there are few curves they are run all the same.
    curves = study.parts(None)["kam-stance"][0].quickened()
    assert {"resnet50", "inceptionv3"} <= {m.label for m in curves.models}


def test_a_list_of_models_stands_for_one_entry_of_each(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace('model = "train-mean"', 'model = ["train-mean", "mean-curve"]'))
    listed, plain = read_study(str(path)).models, read_study("demo").models
    assert [entry.model for entry in listed[:2]] == ["train-mean", "mean-curve"]
    assert listed[0] == plain[0]
    assert listed[1].model_copy(update={"model": "train-mean"}) == plain[0]
    assert listed[2:] == plain[1:]


def test_a_variant_is_a_study_of_its_own():
    whole = read_study("sugiarto2025")
    parts = whole.parts(Path("somewhere"))
    assert list(parts) == ["", "kam", "kam-hindsight", "kam-stance", "zju", "schreiber", "bach"]
    assert parts[""][1] is None  # simulated people come from no folder
    kam, folder = parts["kam"]
    assert (kam.name, folder) == ("sugiarto2025-kam", Path("somewhere"))
    assert kam.data.dataset == "kam-imu-grf-mocap"
    assert kam.variants == []
    asked = parts["bach"][0].models
    assert "newton" not in [m.label for m in asked]
    cnn = [m.inputs for m in asked if m.label == "cnn"]
    assert cnn == [["imus", "imus+features"], ["imus+shuffled"]]
    assert [m.training["stride"] for m in asked if m.label == "cnn"] == [8, 8]
    assert {m.inputs[0] for m in kam.models} >= {"imus", "markers"}
    assert choose_part(parts, "bach") == {"bach": parts["bach"]}
    with pytest.raises(GaitcastError, match="Did you mean 'kam'"):
        choose_part(parts, "kaam")
    with pytest.raises(GaitcastError, match="leave out --part"):
        choose_part(read_study("demo").parts(None), "kam")


OWN = """
[[splits]]
name = "again"
kind = "leave-one-subject-out"

[[variants]]
name = "few"
title = "Fewer people"

[[variants.models]]
model = "gru"
inputs = ["imu+angle"]
steps = ["lowpass-tilt"]
training = { max_epochs = 90 }

[[variants.models]]
model = "ridge"
inputs = ["imu"]
splits = ["again"]
options = { alpha = 30.0 }

[[variants.models]]
model = "knn"
inputs = ["imu"]
steps = ["lowpass-tilt"]
options = { neighbours = 7 }
"""


def test_what_a_variant_asks_of_a_model_replaces_what_the_study_asks(tmp_path):
    path = tmp_path / "mine.toml"
    both = TEXT.replace('model = "knn"', 'model = "knn"\nsteps = ["none", "lowpass-tilt"]')
    path.write_text(both + OWN)
    few = read_study(str(path)).parts(None)["few"][0].models
    assert [m.training["max_epochs"] for m in few if m.label == "gru"] == [90]

    def cells(label):
        entries = [m for m in few if m.label == label]
        return sorted(
            (i, s, p, *m.options.values())
            for m in entries
            for i in m.inputs
            for s in m.steps
            for p in m.splits or ["again", "loso"]
        )

    angle, imu = (("imu+angle", "none", p) for p in ("again", "loso")), ("imu", "none", "loso")
    assert cells("ridge") == sorted([*angle, ("imu", "none", "again", 30.0), imu])
    knn = cells("knn")
    assert len(knn) == 8
    assert [c for c in knn if c[:2] == ("imu", "lowpass-tilt")] == [
        ("imu", "lowpass-tilt", p, 7) for p in ("again", "loso")
    ]


VARIANT = """
[[variants]]
name = "other"
title = "Other people"
"""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('without = ["gruu"]', "Did you mean 'gru'"),
        ('inputs = { foot = ["right_foot_acc_*"] }', "variant 'other': leaves no model"),
        ('task = { name = "a", targets = [], history_ms = 9, horizons_ms = [1] }', "at least 1"),
        ('data = { dataset = "simulatd" }', "Did you mean 'simulated'"),
        ('data = { dataset = "simulated", prepare = ["force"] }', "Did you mean 'force-per-mass'"),
        (VARIANT, "two variants are named 'other'"),
    ],
)
def test_an_impossible_variant_is_one_clear_line(tmp_path, more, words):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT + VARIANT + more, encoding="utf-8")
    with pytest.raises(GaitcastError, match=words):
        read_study(str(path))


def test_a_window_of_the_past_has_no_horizon(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace("[task]", '[task]\noutput = "window"'), encoding="utf-8")
    with pytest.raises(GaitcastError, match=r"is the window itself. Set horizons_ms = \[0\]"):
        read_study(str(path))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("history_ms", "histroy_ms", "Did you mean 'history_ms'"),
        ("[quick]", "[quik]", "Did you mean 'quick'"),
        ('model = "gru"', 'model = "gruu"', "Did you mean 'gru'"),
        ('model = "gru"', 'model = ["knn", "gruu"]', "Did you mean 'gru'"),
        ('model = "ridge"', 'model = ["ridge", "knn"]\nname = "x"', "cannot name 2 models"),
        ('model = "gru"', "model = []", "model: Input should be a valid string"),
        ('steps = ["lowpass-tilt"]', 'steps = ["lowpas-tilt"]', "Did you mean 'lowpass-tilt'"),
        ('inputs = ["imu+angle"]', 'inputs = ["imu-angle"]', "Did you mean 'imu"),
        ("cutoff_hz = 20", "cutof_hz = 20", "Did you mean 'cutoff_hz'"),
        ('step = "butterworth"', 'step = "buterworth"', "Did you mean 'butterworth'"),
        (
            'kind = "leave-one-subject-out"',
            'kind = "leave-one-subject-ot"',
            "Did you mean 'leave-one-subject-out'",
        ),
        (
            'model = "wearer-adaptive"\n',
            'model = "wearer-adaptive"\nquick = false\n',
            "quick = false leaves out what is exported",
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
        ("max_folds = 2", "max_folds = 0", "greater than 0"),
        ("horizon_ms = 300", "horizon_ms = -300", "no device waits for it"),
        ('split = "loso"', 'split = "los"', "Did you mean 'loso'"),
        ('steps = "none" }', 'steps = "lowpass-tilt" }', r"no entry of \[\[models\]\] runs this"),
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


def test_choices_that_deserve_a_warning_are_shown():
    more = {**STUDY, "steps": {**STUDY["steps"], "idle": []}}
    more["models"] = [*STUDY["models"], {"model": "last-cycle", "inputs": ["angle"]}]
    found = Study.model_validate(more).warnings
    assert any("'idle' are used by no entry" in line for line in found)
    assert any("last-cycle looks 2000 ms back, not 500 ms" in line for line in found)
    assert Study.model_validate(STUDY).warnings == []


def test_rows_that_only_a_laboratory_could_have_are_not_live(tmp_path):
    entry = [{"model": "persistence", "inputs": ["angle"]}, {"model": "ridge", "inputs": ["imu"]}]
    change = {"models": entry, "published": [], "export": None, "steps": {"none": []}}
    known = workspace(tmp_path, **change)
    lab = workspace(tmp_path, **change, measured={"*_ankle_angle_*": "laboratory"})
    late = workspace(tmp_path, **change, measured={"*_ankle_angle_*": 30})
    found = {}
    for name, made in (("known", known), ("lab", lab), ("late", late)):
        (job, *_) = [j for j in list_jobs(made) if j.model == "persistence"]
        ready = plan(made, job)
        found[name] = ready.causal, needs_of(ready), ready.key
    assert found["known"][:2] == (True, "right_ankle_angle_flexion")
    assert found["lab"][:2] == (False, "right_ankle_angle_flexion (laboratory only)")
    assert found["late"][:2] == (True, "right_ankle_angle_flexion (30 ms late)")
    assert found["late"][2] != found["known"][2]


def test_all_that_is_wrong_is_named_at_once(tmp_path):
    text = TEXT
    for old, new in (
        ("[quick]", "[quik]"),
        ("subjects = 5", "people = 5"),
        ("history_ms = 2000", "histroy_ms = -1"),
        ("targets =", "tragets ="),
        ("cutoff_hz = 20", 'cutof_hz = "five"'),
        ("alpha = 0.98", "alpha = 7"),
        ('model = "knn"', 'model = "knnn"'),
        ("max_epochs = 12, batches = 25", "max_epoch = 12, batches = 0"),
        ('model = "last-cycle"\ninputs = ["angle"]', 'model = "last-cycle"\ninptus = ["angle"]'),
        ('inputs = ["imu", "imu+angle"]', 'inputs = ["imuu", "imu+angle"]'),
        ('kind = "leave-one-subject-out"', 'kind = "k-fold"'),
        ("seeds = [0]", "seeds = [-1]"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CombinedError) as error:
        read_study(path)
    head, *lines = str(error.value).splitlines()
    assert head == f"{path}: {len(lines)} faults"
    for place, words in (
        ("", "unknown key 'quik'. Did you mean 'quick'?"),
        ("data", "unknown option 'people'"),
        ("task", "'histroy_ms'. Did you mean 'history_ms'?"),
        ("task", "'tragets'. Did you mean 'targets'?"),
        ("steps, lowpass-tilt", "'cutof_hz'. Did you mean 'cutoff_hz'?"),
        ("steps, lowpass-tilt", "'alpha': input should be less than or equal to 1"),
        ("[[models]] 7", "unknown model 'knnn'. Did you mean 'knn'?"),
        ("[[models]] 8", "unknown option 'max_epoch'. Did you mean 'max_epochs'?"),
        ("[[models]] 8", "'batches': input should be greater than 0"),
        ("[[models]] 5", "unknown key 'inptus'. Did you mean 'inputs'?"),
        ("model 'ridge', inputs", "unknown name 'imuu'. Did you mean 'imu"),
        ("[[splits]] 1", "unknown split kind 'k-fold'"),
        ("seeds", "greater than or equal to 0"),
    ):
        assert [x for x in lines if x.strip().startswith(place) and words in x], (place, words)
    assert len(lines) == 13
    # What a library raised before it stays here: where Dask is imported, that is pickled too.
    alone = CombinedError([GaitcastError(e.what, where=e.where) for e in error.value.errors])
    assert pickle.loads(pickle.dumps(alone)).errors[0].what == error.value.errors[0].what


def test_missing_keys_are_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "a"\n[task]\nname = "b"\ntargets = ["right_ankle_angle_flexion"]\n')
    with pytest.raises(CombinedError) as error:
        read_study(path)
    text = str(error.value)
    for key in ("title", "data", "inputs", "models", "splits"):
        assert f"key '{key}' is missing" in text
    assert "'history_ms': field required" in text
    assert "task: key 'horizons_ms' is missing" in text


@pytest.mark.parametrize(
    ("word", "kind"),
    [("LOSO", "leave-one-subject-out"), ("GroupKFold", "grouped-k-fold"), ("blocked", "blocked")],
)
def test_split_kinds_are_called_what_people_call_them(word, kind):
    assert find_split(word).kind == kind


@pytest.mark.parametrize("word", ["k-fold", "random", "within-subject", "leave-one-out", ""])
def test_an_unknown_split_kind_lists_all_of_them(word):
    with pytest.raises(GaitcastError) as error:
        find_split(word)
    for kind in SPLITS:
        assert f"{kind}: " in error.value.hint


def test_the_long_form_trains_what_it_names_as_the_source_does():
    study = read_study("zare2025")
    long = study.in_full()
    for before, after in zip(study.models, long.models, strict=True):
        if before.label in ("bilstm", "bilstm of twelve"):
            assert after.training["max_epochs"] == 500
            assert after.training["patience"] == 40
            assert after.seeds == [0, 1, 2]
        else:
            assert after == before


def test_a_study_without_a_long_form_says_so():
    with pytest.raises(GaitcastError, match="has no long form"):
        read_study("demo").in_full()
