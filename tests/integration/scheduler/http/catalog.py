"""The jobs, clients, pools and tokens that every test finds."""

from typing import Any

from mlmon_shared.wire.catalog import Client, Pool, TokenRequest
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.pools import AdmittedInstances
from mlmon_shared.wire.states import Lane, NetworkPolicy, Scope
from tests.instance_metadata import ACCOUNT

GIB = 2**30
COMMAND = ["python", "job.py"]

CLIENTS = [
    Client(name="acme", labels={"tier": "gold"}),
    Client(name="bolt"),
    Client(name="coda"),
]
POOLS = [
    Pool(
        name="cpu",
        resources=Resources(cpu=8, memory=16 * GIB, disk=100 * GIB),
        instances=AdmittedInstances(accounts=[ACCOUNT]),
    ),
    Pool(
        name="brief",
        resources=Resources(cpu=8, memory=16 * GIB),
        stop_after=2,
        kill_grace=0,
        network=NetworkPolicy.HOST,
    ),
    Pool(
        name="capped",
        resources=Resources(cpu=8, memory=16 * GIB),
        lane_shares={Lane.CRITICAL: 0.5},
        instances=AdmittedInstances(accounts=[ACCOUNT], regions=["eu-west-1"], types=["t3.micro"]),
    ),
]
TOKENS = [
    TokenRequest(name="submitter", scopes=[Scope.SUBMITTER]),
    TokenRequest(name="reader", scopes=[Scope.READER]),
    TokenRequest(name="agent-cpu", scopes=[Scope.AGENT], pool="cpu"),
    TokenRequest(name="agent-capped", scopes=[Scope.AGENT], pool="capped"),
    TokenRequest(name="agent-brief", scopes=[Scope.AGENT], pool="brief"),
]
DEFINITIONS: list[dict[str, Any]] = [
    {
        "name": "echo",
        "image": "echo:1",
        "command": ["echo", "{{ params.word }}", "{{ client.labels.tier }}", "{{ run.attempt }}"],
        "environment": {"CLIENT": "{{ client.name }}"},
        "parameters": {
            "type": "object",
            "properties": {
                "word": {"type": "string", "default": "hello"},
                "month": {"type": "integer", "minimum": 1, "maximum": 12},
                "options": {
                    "type": "object",
                    "properties": {"depth": {"type": "integer"}},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        "priority": 20,
        "labels": {"team": "growth", "kind": "demo"},
    },
    {
        "name": "strict",
        "image": "strict:1",
        "command": COMMAND,
        "parameters": {"type": "object", "required": ["month"]},
    },
    {
        "name": "brief",
        "image": "brief:1",
        "command": COMMAND,
        "pools": ["brief"],
        "container": {"read_only": False, "tmp": "1Mi"},
    },
    {
        "name": "nightly",
        "image": "nightly:1",
        "command": COMMAND,
        "lane": "low",
        "deadline": {"by": "06:00", "timezone": "Europe/London"},
    },
    {"name": "capped", "image": "capped:1", "command": COMMAND, "pools": ["capped"]},
    {"name": "gated", "image": "gated:1", "command": COMMAND, "concurrency": {"total": 1}},
    {
        "name": "labelled",
        "image": "labelled:1",
        "command": COMMAND,
        "requires": {"labels": {"disk": "nvme"}},
    },
    {
        "name": "retried",
        "image": "retried:1",
        "command": COMMAND,
        "retries": {"rules": [{"exit_codes": [75], "action": "retry", "backoff": 0}]},
    },
    {
        "name": "train",
        "image": "train:1",
        "command": COMMAND,
        "outputs": [{"path": "model.joblib"}],
    },
    {
        "name": "resumes",
        "image": "resumes:1",
        "command": COMMAND,
        "retries": {"rules": [{"exit_codes": [75], "action": "retry", "backoff": 0}], "user": 5},
        "outputs": [
            {"path": "state.bin", "kind": "checkpoint"},
            {"path": "notes.json", "kind": "checkpoint"},
        ],
    },
    {
        "name": "score",
        "image": "score:1",
        "command": COMMAND,
        "depends_on": [{"job": "train"}],
        "inputs": [{"from": "artifact:train/model.joblib", "to": "model.joblib"}],
        "outputs": [{"path": "scores.csv"}, {"path": "metrics.json", "kind": "metrics"}],
    },
    {
        "name": "summary",
        "image": "summary:1",
        "command": COMMAND,
        "depends_on": [{"job": "score", "scope": "batch", "percent": 50}],
        "inputs": [{"from": "artifact:score/metrics.json", "to": "scores/"}],
    },
    {
        "name": "inspect",
        "image": "inspect:1",
        "command": COMMAND,
        "depends_on": [{"job": "train", "when": "finished"}],
        "inputs": [{"from": "artifact:train/model.joblib", "to": "model.joblib"}],
        "retries": {"infra": 0},
    },
]
