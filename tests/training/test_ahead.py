"""Batches that are made beforehand."""

import threading

import pytest

from gaitcast.errors import GaitcastError
from gaitcast.training.ahead import ahead


def test_the_same_batches_come_in_the_same_order():
    assert [*ahead(range(50))] == [*range(50)]
    assert [*ahead([])] == []


def test_few_are_made_beforehand_and_none_once_they_are_left():
    made = []

    def each():
        for k in range(1000):
            made.append(k)
            yield k

    threads = threading.active_count()
    some = ahead(each())
    assert [next(some) for _ in range(3)] == [0, 1, 2]
    some.close()
    assert len(made) < 12
    assert threading.active_count() == threads


def test_an_error_comes_where_its_batch_would():
    def each():
        yield 1
        raise GaitcastError("a file is gone")

    found = ahead(each())
    assert next(found) == 1
    with pytest.raises(GaitcastError, match="a file is gone"):
        next(found)
