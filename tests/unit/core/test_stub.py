"""The examples in the type stub are true."""

import ast
import doctest
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from algotrendy import _core

STUB = Path(_core.__file__).with_name("_core.pyi")


def documented_examples() -> Iterator[doctest.DocTest]:
    names = {**vars(_core), "np": np}
    for node in ast.walk(ast.parse(STUB.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            docstring = ast.get_docstring(node) or ""
            test = doctest.DocTestParser().get_doctest(
                docstring, names, node.name, str(STUB), node.lineno
            )
            if test.examples:
                yield test


@pytest.mark.parametrize("example", list(documented_examples()), ids=lambda test: test.name)
def test_an_example_gives_what_it_shows(example: doctest.DocTest) -> None:
    assert doctest.DocTestRunner().run(example).failed == 0
