from datetime import UTC, datetime, timedelta

import pytest

from mlmon.diagnoses import (
    diagnose_agents,
    diagnose_clock,
    diagnose_fit,
    diagnose_fits,
    diagnose_queues,
    diagnose_readiness,
    diagnose_token,
    diagnose_versions,
)
from mlmon_shared.diagnoses import Verdict
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.agents import AgentDocument
from mlmon_shared.wire.catalog import TokenDocument
from mlmon_shared.wire.health import Readiness
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.queues import QueuesDocument

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LARGE = Vector(cpu_milli=4000, memory=2**33)


def agent(pool: str = "cpu", **fields: object) -> AgentDocument:
    known = {
        "id": f"{pool}-1",
        "host": "box",
        "pool": pool,
        "runtime": "process",
        "agent_version": "1",
        "capacity": LARGE,
        "used": Vector(),
        "is_alive": True,
        "registered_at": NOW,
        "beat_at": NOW,
    }
    return AgentDocument.model_validate(known | fields)


def job(**fields: object) -> JobDefinition:
    return JobDefinition.model_validate(
        {"name": "train", "image": "i:1", "command": ["x"]} | fields
    )


def queues(*pools: str) -> QueuesDocument:
    queue = {"pools": pools, "lane": "normal", "queued": 3, "clients": 1}
    return QueuesDocument.model_validate({"queues": [queue], "delayed": 0, "live": 3, "as_of": NOW})


def test_token_that_is_limited_says_to_what() -> None:
    token = TokenDocument(
        id="t1", name="ci", scopes=["submitter"], clients=["acme", "bolt"], created_at=NOW
    )

    assert diagnose_token(token, NOW).detail == (
        "ci may do what submitter may, for the clients acme, bolt alone"
    )


@pytest.mark.parametrize(
    ("server", "verdict", "told"),
    [
        (timedelta(seconds=0), Verdict.OK, "is the server's"),
        (timedelta(seconds=5), Verdict.OK, "is the server's"),
        (timedelta(seconds=-6), Verdict.OK, "is the server's"),
        (timedelta(seconds=60), Verdict.WRONG, "60 s behind"),
        (timedelta(seconds=-61), Verdict.WRONG, "60 s ahead of"),
    ],
)
def test_clock_is_wrong_beyond_five_seconds(server: timedelta, verdict: Verdict, told: str) -> None:
    found = diagnose_clock(NOW + server, NOW, NOW)

    assert (found.verdict, told in found.detail) == (verdict, True)


def test_slow_answer_is_no_skew() -> None:
    found = diagnose_clock(NOW + timedelta(seconds=20), NOW, NOW + timedelta(seconds=40))

    assert found.verdict is Verdict.OK


def test_each_dependency_that_is_away_is_told() -> None:
    states = {"a/redis": "no answer", "b/postgres": "ok", "c/disk": "is full"}

    found = diagnose_readiness(Readiness(status="unavailable", dependencies=states))

    assert [(each.verdict, each.detail) for each in found] == [
        (Verdict.WRONG, "a/redis: no answer"),
        (Verdict.WRONG, "c/disk: is full"),
    ]


@pytest.mark.parametrize(
    ("days", "verdict"), [(None, Verdict.OK), (30, Verdict.OK), (1, Verdict.NOTE)]
)
def test_token_that_ends_soon_is_noted(days: int | None, verdict: Verdict) -> None:
    token = TokenDocument(
        id="t",
        name="ci",
        scopes=["submitter", "author"],
        expires_at=None if days is None else NOW + timedelta(days=days),
        created_at=NOW,
    )

    found = diagnose_token(token, NOW)

    assert found.verdict is verdict
    assert found.detail.startswith("ci may do what submitter, author may")


def test_other_versions_are_named_but_not_those_of_silent_agents() -> None:
    agents = [agent(agent_version="1"), agent("gpu", agent_version="2", is_alive=False)]

    [found] = diagnose_versions("0", "1", agents)
    [well] = diagnose_versions("1", "1", agents)

    assert found.detail.startswith("the server is 1; mlmon here is 0: ")
    assert (found.verdict, well.verdict) == (Verdict.NOTE, Verdict.OK)


@pytest.mark.parametrize(
    ("fields", "verdict", "told"),
    [
        ({"is_alive": False}, Verdict.WRONG, "is silent since 2026-01-05 12:00:00Z"),
        (
            {"quarantine_reason": "3 jobs failed."},
            Verdict.WRONG,
            "jobs failed. (mlmon agents release gpu-1)",
        ),
        ({"refusal": "The disk is full."}, Verdict.WRONG, "takes no attempts: The disk is full."),
        ({"is_draining": True}, Verdict.NOTE, "is draining"),
    ],
)
def test_agent_that_takes_no_work_is_told_beside_one_that_does(
    fields: dict[str, object], verdict: Verdict, told: str
) -> None:
    well, idle = diagnose_agents([agent(), agent("gpu", **fields)])

    assert (well.verdict, idle.verdict) == (Verdict.OK, verdict)
    assert told in idle.detail


def test_agent_that_is_not_the_release_of_its_pool_is_noted() -> None:
    well, note = diagnose_agents([agent(update_fault="2 does not start here")])

    assert (well.verdict, note.verdict) == (Verdict.OK, Verdict.NOTE)
    assert note.detail.endswith("is not the release of its pool: 2 does not start here")


def test_gpu_that_is_given_to_nobody_is_noted() -> None:
    _, note = diagnose_agents([agent(gpu_faults={"GPU-1": "it is lost"})])

    assert note.verdict is Verdict.NOTE
    assert "GPU-1 of " in note.detail
    assert note.detail.endswith("is given to no attempt: it is lost")


def test_no_agent_that_takes_work_is_wrong() -> None:
    assert diagnose_agents([])[0].verdict is Verdict.WRONG
    assert diagnose_agents([agent(is_draining=True)])[0].verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("pools", "verdict"),
    [(("gpu",), Verdict.WRONG), (("gpu", "cpu"), Verdict.OK), ((), Verdict.OK)],
)
def test_runs_that_wait_where_nobody_works_are_wrong(
    pools: tuple[str, ...], verdict: Verdict
) -> None:
    assert diagnose_queues(queues(*pools), [agent()])[0].verdict is verdict


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"pools": ["gpu"]}, "train needs pool gpu: no agent takes work there"),
        ({"requires": {"labels": {"zone": "a"}}}, "requires the labels zone=a"),
        ({"resources": {"gpus": 1}}, "needs 1 GPUs, the largest has 0"),
        ({"resources": {"cpu": 8}}, "needs 8000 thousandths of a core, the largest has 4000"),
    ],
)
def test_job_that_fits_nowhere_says_what_is_lacking(fields: dict[str, object], told: str) -> None:
    found = diagnose_fit(job(**fields), [agent()])

    assert found.verdict is Verdict.WRONG
    assert told in found.detail


def test_job_fits_an_agent_that_is_busy() -> None:
    assert diagnose_fit(job(), [agent(used=LARGE)]).verdict is Verdict.OK


def test_jobs_that_fit_nowhere_are_a_note() -> None:
    found = diagnose_fits([job(), job(name="big", resources={"cpu": 64})], [agent()])

    assert (found.verdict, "no agent fits big:" in found.detail) == (Verdict.NOTE, True)
