"""Every guarantee names tests that attack it, and they exist."""

import ast
import re

import pytest

NUMBERS = range(1, 9)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
NOT_YET = "**Not given yet"


@pytest.fixture(scope="module")
def sections(root):
    text = (root / "docs" / "guarantees.md").read_text()
    return dict(re.findall(r"^## (G\d): .*\n((?:(?!## ).*\n?)*)", text, re.MULTILINE))


def test_all_guarantees_are_stated(sections):
    assert list(sections) == [f"G{number}" for number in NUMBERS]


@pytest.mark.parametrize("number", NUMBERS)
def test_guarantee_names_tests_that_attack_it(sections, number):
    section = sections[f"G{number}"]

    assert NAMED.search(section) or NOT_YET in section


def test_every_named_test_exists(sections, root):
    named = {found for section in sections.values() for found in NAMED.findall(section)}
    known = {
        (path, node.name)
        for path in {path for path, _ in named}
        if (root / path).is_file()
        for node in ast.walk(ast.parse((root / path).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert named

    assert named - known == set()
