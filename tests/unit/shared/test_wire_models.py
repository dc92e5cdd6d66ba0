"""Versions of our programs may differ by one."""

import json

import pytest
from pydantic import ValidationError

from mlmon_shared.wire.catalog import Snapshot
from mlmon_shared.wire.models import read_json

SNAPSHOT = {
    "config_revision": 1,
    "job_definitions": [],
    "clients": [{"name": "acme", "novel": 1}],
    "pools": [{"name": "cpu", "resources": {"cpu": 1, "memory": "1Gi", "novel": 3}}],
    "tokens": [],
    "novel": {},
}


def test_fields_of_a_later_version_are_passed_over_at_any_depth() -> None:
    snapshot = read_json(Snapshot, json.dumps(SNAPSHOT))

    assert snapshot.clients[0].name == "acme"
    assert snapshot.pools[0].resources.memory == 2**30


def test_what_is_wrong_is_refused_nevertheless() -> None:
    with pytest.raises(ValidationError, match="resources"):
        read_json(Snapshot, json.dumps({**SNAPSHOT, "pools": [{"name": "cpu"}]}))
