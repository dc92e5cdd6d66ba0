import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from .conftest import BODY_LIMIT, a_definition, a_pool, apply, faults_of, revision_of

YAML = {"Content-Type": "application/yaml"}
JSON = {"Content-Type": "application/json"}
HEAD = '{"name": "x", "image": "i", "command": ["c"], '


@pytest_asyncio.fixture
async def stocked(api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A pool, a named resource and two jobs; a test must leave the revision as it was."""
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))
    await api.put("/v1/resources/warehouse", json={"name": "warehouse", "capacity": 3})
    train = a_definition("delay-train", outputs=[{"path": "model.joblib"}, {"path": "log.txt"}])
    await apply(api, train)
    await apply(api, a_definition("delay-score", depends_on=[{"job": "delay-train"}]))
    before = await revision_of(api)
    yield api
    assert await revision_of(api) == before, "something was stored"


def one_input(source: str, target: str, **changed: object) -> dict[str, Any]:
    return {"inputs": [{"from": source, "to": target}], **changed}


FAN_IN = {"depends_on": [{"job": "delay-train", "scope": "batch"}]}
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "unknown field, nearest name",
        {"comand": ["x"]},
        "/comand",
        'unknown field; did you mean "command"?',
    ),
    ("unknown nested field", {"resources": {"cpus": 1}}, "/resources/cpus", "did you mean"),
    (
        "deadline of no time",
        {"deadline": {"by": "6:00"}},
        "/deadline/by",
        'such as "06:00"',
    ),
    (
        "deadline of no place",
        {"deadline": {"by": "06:00", "timezone": "Europe/Lundon"}},
        "/deadline/timezone",
        "is not a time zone",
    ),
    (
        "output where logs are kept",
        {"outputs": [{"path": "scores.csv"}, {"path": ".mlmon/log/x"}]},
        "/outputs/1/path",
        ".mlmon is where MLMon keeps logs; name another folder",
    ),
    (
        "schedule of no time",
        {"schedule": {"cron": "0 2 * * * *"}},
        "/schedule/cron",
        "has 6 fields",
    ),
    (
        "schedule of nobody and everybody",
        {"schedule": {"cron": "0 2 * * *", "clients": {"labels": {"a": "b"}, "names": ["c"]}}},
        "/schedule/clients",
        "labels or names, not both",
    ),
    (
        "schedule that waits beside a join",
        {"schedule": {"cron": "0 2 * * *", "overlap": "queue_one"}, "join": "any"},
        "/schedule/overlap",
        "needs join: all",
    ),
    (
        "schedule of a job that waits for a batch",
        {"schedule": {"cron": "0 2 * * *"}, **FAN_IN},
        "/schedule",
        "cannot have a schedule",
    ),
    (
        "schedule without a parameter",
        {
            "schedule": {"cron": "0 2 * * *"},
            "parameters": {"required": ["month"], "properties": {"month": {"type": "integer"}}},
        },
        "/schedule",
        'the parameter "month" is required and has no default',
    ),
    ("unknown secret", {"secrets": {"URL": "db"}}, "/secrets/URL", 'no secret is named "db"'),
    ("secret's file", {"secrets": {"a/b": "db"}}, "/secrets/a~1b", "a name has 1 to 100 letters"),
    ("wrong type", {"priority": "high"}, "/priority", "write a whole number"),
    ("bad size", {"resources": {"memory": "8GB"}}, "/resources/memory", "did you mean"),
    ("bad environment name", {"environment": {"1A": "x"}}, "/environment/1A", "pattern"),
    ("unknown template", {"command": ["{{ secret }}"]}, "/command/0", "is unknown"),
    (
        "schema type",
        {"parameters": {"properties": {"month": {"type": "integr"}}}},
        "/parameters/properties/month/type",
        'did you mean "integer"?',
    ),
    (
        "schema keyword",
        {"parameters": {"properties": {"month": {"minimum": "one"}}}},
        "/parameters/properties/month/minimum",
        "not a JSON Schema",
    ),
    (
        "schema pattern",
        {"parameters": {"properties": {"month": {"pattern": "("}}}},
        "/parameters/properties/month/pattern",
        "not a JSON Schema",
    ),
    ("parameters are no object", {"parameters": {"type": "array"}}, "/parameters/type", "object"),
    (
        "reference to elsewhere",
        {"parameters": {"properties": {"x": {"$ref": "http://169.254.169.254/"}}}},
        "/parameters/properties/x/$ref",
        "stays inside the schema",
    ),
    (
        "undeclared parameter",
        {
            "command": ["python", "--month={{ params.mont }}"],
            "parameters": {"properties": {"month": {"type": "integer"}}},
        },
        "/command/1",
        'did you mean "month"?',
    ),
    (
        "undeclared parameter in the environment",
        {"environment": {"M": "{{params.y}}"}, "parameters": {"properties": {"month": {}}}},
        "/environment/M",
        'no parameter is named "y"',
    ),
    ("unknown pool", {"pools": ["cpuu"]}, "/pools/0", 'did you mean "cpu"?'),
    (
        "unknown upstream job",
        {"depends_on": [{"job": "delay-tran"}]},
        "/depends_on/0/job",
        'did you mean "delay-train"?',
    ),
    (
        "upstream job twice",
        {"depends_on": [{"job": "delay-train"}, {"job": "delay-train", "when": "failed"}]},
        "/depends_on/1/job",
        "stands twice",
    ),
    (
        "input that is a file and a folder",
        {
            "inputs": [
                {"from": "s3://bucket/a", "to": "data/a"},
                {"from": "https://host.example/b", "to": "data"},
            ]
        },
        "/inputs/0/to",
        '"data" is a file of another input, and no folder',
    ),
    (
        "undeclared parameter of an input",
        {
            "parameters": {"type": "object", "properties": {"month": {}}},
            "inputs": [{"from": "s3://bucket/{{ params.mnth }}", "to": "a"}],
        },
        "/inputs/0/from",
        'did you mean "month"?',
    ),
    (
        "input of a bucket without a name",
        one_input("s3://{{ client.name }}/x", "x"),
        "/inputs/0/from",
        "bucket and host have no templates",
    ),
    (
        "cycle",
        {"name": "delay-train", "depends_on": [{"job": "delay-score"}]},
        "/depends_on/0/job",
        "delay-train → delay-score → delay-train",
    ),
    (
        "artifact of an unknown job",
        one_input("artifact:delay-tran/model.joblib", "model"),
        "/inputs/0/from",
        'did you mean "delay-train"?',
    ),
    (
        "artifact that is no output",
        one_input("artifact:delay-train/model.pkl", "model"),
        "/inputs/0/from",
        "its outputs are model.joblib and log.txt",
    ),
    (
        "artifact of a job without outputs",
        one_input("artifact:delay-score/x", "x"),
        "/inputs/0/from",
        "it declares no outputs",
    ),
    (
        "fan-in without a folder",
        one_input("artifact:delay-train/model.joblib", "models", **FAN_IN),
        "/inputs/0/to",
        'name a folder: "models/"',
    ),
    (
        "folder without fan-in",
        one_input("artifact:delay-train/model.joblib", "models/"),
        "/inputs/0/to",
        'leave the "/" at the end out',
    ),
    (
        "too many cores",
        {"resources": {"cpu": 64}},
        "/resources",
        "needs 64 cores; the largest host of pool cpu has 2",
    ),
    (
        "too much of two things",
        {"resources": {"gpus": 1, "memory": "8Gi"}},
        "/resources",
        "needs 8Gi of memory and 1 GPU; the largest host of pool cpu has 2Gi and 0",
    ),
    (
        "unknown resource",
        {"concurrency": {"resources": {"warehose": 1}}},
        "/concurrency/resources/warehose",
        'no resource is named "warehose"; did you mean "warehouse"?',
    ),
    (
        "more of a resource than there is",
        {"concurrency": {"resources": {"warehouse": 4}}},
        "/concurrency/resources/warehouse",
        "takes 4; the capacity of warehouse is 3",
    ),
    ("NUL", {"description": "a\0b"}, "", "NUL"),
    ("half a character", {"description": "\ud800"}, "", "half a character"),
]


@pytest.mark.parametrize(
    ("changed", "pointer", "detail"),
    [pytest.param(*case[1:], id=case[0]) for case in REFUSED],
)
async def test_bad_definition_is_refused_at_its_place(
    stocked: httpx.AsyncClient, changed: dict[str, Any], pointer: str, detail: str
) -> None:
    response = await apply(stocked, a_definition(**{"name": "new", **changed}))

    faults = faults_of(response)
    assert list(faults) == [pointer]
    assert detail in faults[pointer]


async def test_all_faults_are_told_at_once(stocked: httpx.AsyncClient) -> None:
    definition = a_definition(
        "new",
        colour="red",
        priority=5000,
        pools=["gpu"],
        parameters={"properties": {"a": {"type": "text"}}},
        depends_on=[{"job": "nobody"}],
    )

    response = await apply(stocked, definition)

    assert set(faults_of(response)) == {
        "/colour",
        "/priority",
        "/pools/0",
        "/parameters/properties/a/type",
        "/depends_on/0/job",
    }


async def test_wrong_fields_cause_no_misleading_faults_elsewhere(
    stocked: httpx.AsyncClient,
) -> None:
    definition = a_definition(
        "new",
        depends_on=[{"job": "delay-train", "scope": "btach"}],
        **one_input("artifact:delay-train/model.joblib", "models/"),
    )

    response = await apply(stocked, definition)

    assert list(faults_of(response)) == ["/depends_on/0/scope"]


async def test_missing_fields_are_named(stocked: httpx.AsyncClient) -> None:
    response = await apply(stocked, {"name": "new"})

    assert set(faults_of(response)) == {"/image", "/command"}


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)
MALFORMED: list[tuple[str, dict[str, str], str | bytes, str]] = [
    ("broken YAML", YAML, "name: ]", "(line 1, column 7)"),
    ("YAML bomb", YAML, BOMB, "more than"),
    ("YAML that contains itself", YAML, "a: &a [*a]", "contains itself"),
    ("deep YAML", YAML, "[" * 5000, "nested deeper"),
    ("repeated YAML key", YAML, "name: a\nname: b\n", '"name" stands twice (line 2, column 1)'),
    ("two documents", YAML, "a: 1\n---\nb: 1\n", "one document is expected"),
    ("empty YAML", YAML, "# nothing\n", "empty"),
    ("object tag", YAML, "!!python/object/apply:os.system [id]", "not supported"),
    ("YAML not in UTF-8", YAML, b"name: \xff", "not UTF-8 (line 1, column 7)"),
    ("broken JSON", JSON, "{", "not JSON"),
    ("empty JSON", JSON, "", "not JSON"),
    ("JSON not in UTF-8", JSON, b'"\xff"', "not UTF-8"),
    ("NaN", JSON, HEAD + '"priority": NaN}', "NaN is not JSON"),
    ("Infinity", JSON, HEAD + '"priority": -Infinity}', "-Infinity is not JSON"),
    ("too large a number", JSON, HEAD + '"priority": 1e999}', "too large"),
    ("too many digits", JSON, HEAD + f'"priority": {"1" * 5000}}}', "too many digits"),
    ("repeated JSON key", JSON, HEAD + '"name": "y"}', 'the key "name" stands twice'),
    ("deep JSON", JSON, HEAD + '"parameters": ' + '{"a":' * 60 + "1" + "}" * 61, "nested deeper"),
    ("JSON depth bomb", JSON, "[" * 15000, "nested deeper"),
]


@pytest.mark.parametrize(
    ("headers", "content", "detail"),
    [pytest.param(*case[1:], id=case[0]) for case in MALFORMED],
)
async def test_malformed_text_is_refused(
    stocked: httpx.AsyncClient, headers: dict[str, str], content: str | bytes, detail: str
) -> None:
    response = await stocked.post("/v1/job-definitions", content=content, headers=headers)

    assert detail in faults_of(response)[""]


@pytest.mark.parametrize("value", [[], "text", 7, None])
async def test_document_that_is_no_mapping_is_refused(
    stocked: httpx.AsyncClient, value: object
) -> None:
    response = await stocked.post("/v1/job-definitions", content=json.dumps(value), headers=JSON)

    assert list(faults_of(response)) == [""]


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/yaml; charset=latin-1"],
)
async def test_other_content_types_are_refused(
    stocked: httpx.AsyncClient, content_type: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    response = await stocked.post("/v1/job-definitions", content=b"{}", headers=headers)

    assert response.status_code == 415
    assert response.json()["type"] == "urn:mlmon:problem:unsupported-media-type"


@pytest.mark.parametrize("content_type", ["application/yaml", "application/x-yaml", "text/yaml"])
async def test_each_yaml_type_is_read(api: httpx.AsyncClient, content_type: str) -> None:
    response = await api.post(
        "/v1/job-definitions",
        content=b"{name: a, image: i, command: [c]}",
        headers={"Content-Type": f"{content_type}; charset=UTF-8"},
    )

    assert response.status_code == 201


async def test_body_over_the_limit_is_refused(stocked: httpx.AsyncClient) -> None:
    content = b"#" * (BODY_LIMIT + 1)

    response = await stocked.post("/v1/job-definitions", content=content, headers=YAML)

    assert response.status_code == 413
    assert response.json()["type"] == "urn:mlmon:problem:payload-too-large"


async def test_streamed_body_over_the_limit_is_refused(stocked: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"#" * (BODY_LIMIT // 4)

    response = await stocked.post("/v1/job-definitions", content=chunks(), headers=YAML)

    assert response.status_code == 413


async def test_long_blank_template_is_read_quickly(api: httpx.AsyncClient) -> None:
    response = await apply(api, a_definition(command=["{{" + " " * 15000]))

    assert response.status_code == 201
