from itertools import combinations
from typing import Any

import pytest

from mlmon_shared.errors import MlmonError
from mlmon_standalone.front import (
    CONFIG_API,
    PREFIXES,
    REPORT_WRITER,
    SCHEDULER,
    merge_openapi,
    service_of,
)


def document(
    path: str = "/v1/runs", operation: str = "list_runs", **components: dict[str, Any]
) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "A service", "version": "1.2.3"},
        "paths": {path: {"get": {"operationId": operation}}},
        "components": components,
    }


def test_prefixes_are_disjoint():
    every = [prefix for prefixes in PREFIXES.values() for prefix in prefixes]

    assert [
        (one, other)
        for one, other in combinations(every, 2)
        if f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
    ] == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/job-definitions", CONFIG_API),
        ("/v1/resources/warehouse", CONFIG_API),
        ("/v1/runs/r1/logs", SCHEDULER),
        ("/agent/v1/poll", SCHEDULER),
        ("/v1/history/runs", REPORT_WRITER),
    ],
)
def test_path_belongs_to_the_service_of_its_prefix(path, name):
    assert service_of(path) == name


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/runsome", "/healthz", "/v1/run", "//v1/runs"])
def test_other_paths_belong_to_the_front(path):
    assert service_of(path) is None


def test_merged_document_has_what_each_service_has():
    merged = merge_openapi(
        [
            document(schemas={"Run": {"type": "object"}}),
            document("/v1/pools", "list_pools", securitySchemes={"Bearer": {"type": "http"}}),
        ]
    )

    assert list(merged["paths"]) == ["/v1/pools", "/v1/runs"]
    assert merged["components"] == {
        "schemas": {"Run": {"type": "object"}},
        "securitySchemes": {"Bearer": {"type": "http"}},
    }


def test_what_services_share_in_the_same_words_is_there_once():
    health = document("/healthz", "get_health", schemas={"Health": {"type": "object"}})

    assert list(merge_openapi([health, health])["paths"]) == ["/healthz"]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (document("/v1/runs", "list_old_runs"), "/v1/runs"),
        (document("/v1/history/runs", "list_runs"), "list_runs"),
        (document("/v1/pools", "list_pools", schemas={"Page": {"type": "array"}}), "Page"),
        (
            document("/v1/pools", "list_pools", securitySchemes={"Bearer": {"type": "apiKey"}}),
            "Bearer",
        ),
    ],
    ids=["path", "operation id", "schema", "security scheme"],
)
def test_two_meanings_of_one_name_are_refused(other, named):
    one = document(
        schemas={"Page": {"type": "object"}}, securitySchemes={"Bearer": {"type": "http"}}
    )

    with pytest.raises(MlmonError, match=named):
        merge_openapi([one, other])


def test_one_operation_id_for_two_methods_is_refused():
    twice = document()
    twice["paths"]["/v1/runs"]["post"] = {"operationId": "list_runs"}

    with pytest.raises(MlmonError, match="list_runs"):
        merge_openapi([twice])
