"""Lua scripts: their headers, their includes, and the one list of them."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from mlmon_scheduler.adapters.redis.scripts import NAMES

FOLDER = Path(str(files("mlmon_scheduler.adapters.redis"))) / "lua"
SCRIPTS = sorted(FOLDER.glob("*.lua"))
LIBRARY = sorted((FOLDER / "lib").glob("*.lua"))

SENTENCE = r"-- [A-Z].*\.\n"
_FIELD = r"-- {name}: (?P<{group}>\S.*\n(?:--   \S.*\n)*)"
HEADER = re.compile(
    r"(?:#!lua(?: flags=[a-z,-]+)?\n)?"
    + SENTENCE
    + "".join(
        _FIELD.format(name=name, group=name.lower())
        for name in ("KEYS", "ARGV", "RETURNS", "ERRORS")
    )
    + r"(?!--(?!@include))"
)
INCLUDE = re.compile(r"^--@include (.+)$", re.MULTILINE)


def header_of(script: Path) -> re.Match[str]:
    found = HEADER.match(script.read_text())
    assert found, f"{script.name} does not open with a sentence, KEYS, ARGV, RETURNS, ERRORS"
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.stem)
def test_script_opens_with_a_whole_header(script):
    header_of(script)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.stem)
def test_script_returns_the_errors_that_its_header_lists(script):
    listed = set(re.findall(r"(?:^|; |;\n--   )(\d+) ", header_of(script)["errors"]))

    assert set(re.findall(r"return \{ (\d+)\b", script.read_text())) - {"0"} == listed


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.stem)
def test_script_that_reads_the_clock_says_that_it_takes_the_time(script):
    takes_time = re.search(r"\bnow_ms\b", header_of(script)["argv"]) is not None

    assert takes_time == bool(INCLUDE.search(script.read_text()))


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.stem)
def test_library_file_opens_with_a_sentence(file):
    assert re.match(SENTENCE, file.read_text())


@pytest.mark.parametrize("file", SCRIPTS + LIBRARY, ids=lambda file: file.stem)
def test_every_include_exists(file):
    known = {library.stem for library in LIBRARY}

    assert set(INCLUDE.findall(file.read_text())) <= known


def test_every_library_file_is_included():
    included = {name for file in SCRIPTS + LIBRARY for name in INCLUDE.findall(file.read_text())}

    assert included == {file.stem for file in LIBRARY}


def test_the_list_of_scripts_names_every_file():
    assert sorted([*NAMES, "append_log"]) == [script.stem for script in SCRIPTS]
