"""The examples in docstrings are true."""

import doctest
import importlib

import pytest

MODULES = ("algotrendy.bar", "algotrendy.bar.batch", "algotrendy.bar.sessions")


def documented_examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [finder.find(importlib.import_module(name)) for name in MODULES]
    return [test for tests in found for test in tests if test.examples]


def test_there_are_examples_of_bars() -> None:
    assert "algotrendy.bar.batch.bars" in {test.name for test in documented_examples()}


@pytest.mark.parametrize("example", documented_examples(), ids=lambda test: test.name)
def test_an_example_gives_what_it_shows(example: doctest.DocTest) -> None:
    assert doctest.DocTestRunner().run(example).failed == 0
