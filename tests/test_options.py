import pytest

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits import SPLITS
from gaitcast.models import MODELS
from gaitcast.options import annotations_of, build_options, check_options
from gaitcast.signal import STEPS
from gaitcast.training import Training


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_defaults_of_every_model_are_valid(name):
    spec = MODELS[name]
    assert check_options(spec.make, spec.options, name, given=1) == spec.options
    build_options(Training, spec.training, name)


@pytest.mark.parametrize(
    "target", [Training, *STEPS.values(), *(spec.make for spec in MODELS.values())]
)
def test_every_number_has_a_bound(target):
    for name, hint in annotations_of(target).items():
        assert hint not in (int, float), f"{target.__name__}.{name} has no bound"


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("blocked", {"blocks": "a"}, "'blocks': input should be a valid integer"),
        (
            "blocked",
            {"folds_per_person": True},
            "'folds_per_person': input should be",
        ),
        ("blocked", {"folds_per_persn": 3}, "Did you mean 'folds_per_person'"),
        ("within-tail", {"trial": "a", "train_rows": -10, "test_rows": 5}, "greater than 0"),
        ("within-tail", {"trial": "a"}, "'train_rows': field required"),
        ("leave-one-subject-out", {"subjects": [1]}, "'subjects': input should be a valid string"),
        ("leave-one-subject-out", {"subjects": "S01"}, "'subjects': input should be a valid tuple"),
    ],
)
def test_wrong_options_are_named(kind, options, words):
    with pytest.raises(GaitcastError, match=words):
        build_options(SPLITS[kind], {"name": "s", **options}, "here")


def test_lists_become_tuples():
    made = build_options(SPLITS["leave-one-subject-out"], {"name": "s", "subjects": ["a"]}, "here")
    assert made.subjects == ("a",)
