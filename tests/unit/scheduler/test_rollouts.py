from typing import Any

from mlmon_scheduler.domain.catalogs import Catalog, check_run
from mlmon_shared.wire.catalog import (
    Client,
    CurrentDefinition,
    OtherDefinition,
    Pool,
    Snapshot,
)
from mlmon_shared.wire.job_definitions import JobDefinition, Resources

CLIENTS = [f"client-{number}" for number in range(200)]


def a_definition(version: int) -> JobDefinition:
    return JobDefinition.model_validate(
        {"name": "score", "image": f"image:{version}", "command": ["x"]}
    )


def a_snapshot(**rollout: Any) -> Snapshot:
    """Version 3 is current; 2 and 4 come along."""
    return Snapshot(
        config_revision=1,
        job_definitions=[
            CurrentDefinition.model_validate(
                {"name": "score", "version": 3, "definition": a_definition(3), **rollout}
            )
        ],
        other_definitions=[
            OtherDefinition(name="score", version=version, definition=a_definition(version))
            for version in (2, 4)
        ],
        clients=[Client(name=name) for name in CLIENTS],
        pools=[Pool(name="cpu", resources=Resources(cpu=4))],
        tokens=[],
    )


def chosen(catalog: Catalog, client: str, version: int | None = None) -> tuple[int, str]:
    """The version that a submission gets, and the image of its definition."""
    checked, faults = check_run(
        catalog, job="score", version=version, client=client, params={}, at=""
    )
    assert checked is not None, faults
    return checked.version.version, checked.version.definition.image


def clients_of(catalog: Catalog, version: int) -> set[str]:
    return {name for name in CLIENTS if chosen(catalog, name)[0] == version}


def canary(percent: float = 0, clients: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"version": 4, "percent": percent, "clients": list(clients)}


def test_everybody_gets_the_current_version_without_pins_and_canary():
    assert clients_of(Catalog.of(a_snapshot()), 3) == set(CLIENTS)


def test_named_clients_get_the_canary_and_others_the_current_version():
    catalog = Catalog.of(a_snapshot(canary=canary(clients=("client-7",))))

    assert clients_of(catalog, 4) == {"client-7"}
    assert chosen(catalog, "client-7") == (4, "image:4")
    assert chosen(catalog, "client-8") == (3, "image:3")


def test_raised_percentage_keeps_those_who_are_in():
    tried = [
        clients_of(Catalog.of(a_snapshot(canary=canary(percent))), 4) for percent in (10, 50, 100)
    ]

    assert set() < tried[0] < tried[1] < tried[2] == set(CLIENTS)


def test_pin_goes_before_the_canary():
    catalog = Catalog.of(a_snapshot(canary=canary(100), pins={2: ["client-1"], 3: ["client-2"]}))

    assert chosen(catalog, "client-1") == (2, "image:2")
    assert chosen(catalog, "client-2") == (3, "image:3")
    assert chosen(catalog, "client-3") == (4, "image:4")


def test_named_version_goes_before_pin_and_canary():
    catalog = Catalog.of(a_snapshot(canary=canary(100), pins={2: ["client-1"]}))

    assert chosen(catalog, "client-1", 3) == (3, "image:3")
    assert chosen(catalog, "client-1", 4) == (4, "image:4")


def test_copy_of_the_snapshot_chooses_alike():
    snapshot = a_snapshot(canary=canary(50), pins={2: ["client-1", "client-9"]})
    copy = Snapshot.model_validate_json(snapshot.model_dump_json(by_alias=True))

    one, other = Catalog.of(snapshot), Catalog.of(copy)

    assert [chosen(one, name) for name in CLIENTS] == [chosen(other, name) for name in CLIENTS]
