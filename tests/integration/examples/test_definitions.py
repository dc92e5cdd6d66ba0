from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

EXAMPLE = Path(__file__).parents[3] / "examples" / "flight-delays"


def read_definition(job: str) -> dict[str, Any]:
    definition: dict[str, Any] = yaml.safe_load((EXAMPLE / f"{job}.yaml").read_text("utf-8"))
    return definition


def read_entries(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((EXAMPLE / name).read_text("utf-8"))
    return entries


@pytest.mark.parametrize(("job", "script"), [("delay-train", "train"), ("delay-score", "score")])
def test_scripts_and_definitions_have_the_same_defaults(
    load_script: Callable[[str], ModuleType], job: str, script: str
) -> None:
    properties = read_definition(job)["parameters"]["properties"]
    defaults = {name: schema["default"] for name, schema in properties.items()}

    assert defaults == load_script(script).DEFAULTS


@pytest.mark.parametrize(
    ("job", "script", "constant"),
    [
        ("delay-train", "train", "EXIT_TOO_FEW_FLIGHTS"),
        ("delay-summary", "summarise", "EXIT_NOTHING_TO_COMPARE"),
    ],
)
def test_exit_codes_of_scripts_have_a_rule(
    load_script: Callable[[str], ModuleType], job: str, script: str, constant: str
) -> None:
    rules = read_definition(job)["retries"]["rules"]

    assert rules == [{"exit_codes": [getattr(load_script(script), constant)], "action": "fail"}]


@pytest.mark.parametrize("job", ["delay-train", "delay-score", "delay-summary"])
def test_a_definition_names_a_script_and_pools_that_exist(job: str) -> None:
    definition = read_definition(job)
    pools = {pool["name"] for pool in read_entries("pools.yaml")}

    assert definition["name"] == job
    assert (EXAMPLE / definition["command"][1]).is_file()
    assert set(definition["pools"]) <= pools


def test_every_airline_of_the_data_is_a_client(load_script: Callable[[str], ModuleType]) -> None:
    airlines = {
        client["name"]: client["labels"]["airline"] for client in read_entries("clients.yaml")
    }
    assert airlines.pop("all-airlines") == "All airlines"

    assert airlines == load_script("flights").read_airline_names()
