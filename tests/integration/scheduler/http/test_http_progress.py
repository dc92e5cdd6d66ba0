"""What an attempt may do with its own token: report, read its run, read its inputs."""

import asyncio
from typing import Any

import httpx
import pytest

import mlmon
from mlmon_shared.errors import StaleFenceError
from mlmon_shared.ids import new_id
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.runs import RunDocument
from tests.integration.scheduler.http.agents import FakeAgent, Started, held
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def begin(services: Services, agent: FakeAgent, job: str = "echo") -> Started:
    await services.submit(job)
    return await agent.start()


async def tell(services: Services, started: Started, **report: Any) -> httpx.Response:
    path = f"/v1/runs/{started.grant.run_id}/progress"
    return await services.ask("POST", path, token=started.spec.token, json=report)


async def run_of(services: Services, started: Started) -> RunDocument:
    return await services.scheduler.get_run(started.grant.run_id)


async def read(services: Services, started: Started, path: str) -> httpx.Response:
    return await services.ask("GET", path, token=started.spec.token)


async def test_report_is_seen_at_once_and_keeps_what_it_leaves_out(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)
    assert (await tell(services, started, progress=0.25, metrics={"auc": 0.5})).status_code == 204
    for _ in range(2):
        answer = await tell(services, started, metrics={"loss": 1.5, "auc": 0.75})
        assert (answer.status_code, answer.content) == (204, b"")
    run = await run_of(services, started)

    assert (run.progress, run.metrics) == (0.25, {"auc": 0.75, "loss": 1.5})


async def test_last_of_what_is_printed_and_what_is_told_counts(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)
    printed = held(started, progress=0.1, metrics={"auc": 0.5, "rows": 3.0})
    await agent.beat(printed)
    await tell(services, started, progress=0.2, metrics={"auc": 0.6})
    # The same again is nothing new.
    await agent.beat(printed)
    run = await run_of(services, started)
    assert (run.progress, run.metrics) == (0.2, {"auc": 0.6, "rows": 3.0})

    await agent.beat(held(started, progress=0.3, metrics={"auc": 0.7, "rows": 3.0}))

    run = await run_of(services, started)
    assert (run.progress, run.metrics) == (0.3, {"auc": 0.7, "rows": 3.0})


async def test_reports_last_beyond_the_end_in_history(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    await agent.beat(held(started, metrics={"rows": 3.0}))
    told = {"auc": 0.1 + 0.2, "rows": 4.0, "last": 1.0}
    await tell(services, started, progress=0.9, metrics=told)
    # What came after the last beat, such as a file of metrics, is newer than what was told.
    await agent.report(started, metrics={"rows": 3.0, "last": 2.0})
    expected = {"auc": 0.1 + 0.2, "rows": 4.0, "last": 2.0}
    live = await run_of(services, started)
    assert (live.progress, live.metrics) == (0.9, expected)

    await services.forget_runs()

    past = await run_of(services, started)
    assert (past.progress, past.metrics) == (0.9, expected)


async def test_metrics_of_an_attempt_are_not_those_of_the_next(
    services: Services, agent: FakeAgent
):
    first = await begin(services, agent, "retried")
    await tell(services, first, progress=0.9, metrics={"auc": 0.9})
    await agent.fail(first, exit_code=75)
    second = await agent.start()
    run = await run_of(services, second)

    assert (run.attempt, run.progress, run.metrics) == (2, None, {})
    assert run.attempts[0].progress == 0.9


async def test_token_of_an_attempt_ends_with_it(services: Services, agent: FakeAgent):
    first = await begin(services, agent, "retried")
    await agent.fail(first, exit_code=75)
    paths = (
        f"/v1/runs/{first.grant.run_id}",
        f"/v1/runs/{first.grant.run_id}/artifacts/model.joblib",
    )
    answers = [await tell(services, first, progress=1.0)]
    second = await agent.start()
    answers += [await tell(services, first, progress=1.0)]
    answers += [await read(services, first, path) for path in paths]

    assert {answer.status_code for answer in answers} == {409}
    assert {answer.json()["type"] for answer in answers} == {"urn:mlmon:problem:stale-fence"}
    assert "attempt 1 of run" in answers[0].json()["detail"]
    assert (await tell(services, second, progress=1.0)).status_code == 204


async def test_attempt_that_is_accepted_again_has_the_same_token(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)

    assert (await agent.accept(started.grant)).spec.token == started.spec.token
    assert started.spec.token
    assert started.spec.token not in repr(started.spec)


async def test_attempt_that_is_being_cancelled_may_still_report(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)
    await services.scheduler.cancel_run(started.grant.run_id)

    assert (await tell(services, started, progress=0.5)).status_code == 204


async def test_attempt_sees_its_own_run_and_no_other(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    other = await services.submit()
    own = await read(services, started, f"/v1/runs/{started.grant.run_id}")

    assert (own.status_code, own.json()["id"]) == (200, started.grant.run_id)
    for run_id in (other.id, new_id()):
        assert (await read(services, started, f"/v1/runs/{run_id}")).status_code == 404
        path = f"/v1/runs/{run_id}/progress"
        answer = await services.ask("POST", path, token=started.spec.token, json={"progress": 1.0})
        assert answer.status_code == 404
    assert (await services.scheduler.get_run(other.id)).progress is None


async def test_attempt_may_read_the_files_of_its_inputs_alone(services: Services, agent: FakeAgent):
    await services.submit("train")
    older = await agent.publish({"model.joblib": b"older"})
    await services.submit("train", client="bolt")
    others = await agent.publish({"model.joblib": b"others"})
    batch = await services.submit_batch(
        [{"key": key, "job": key, "client": "acme"} for key in ("train", "score")]
    )
    upstream = await agent.publish({"model.joblib": b"a model"})
    started = await eventually(agent.start)
    assert started.spec.job == "score"

    answers = {
        name: await read(services, started, f"/v1/runs/{run_id}/artifacts/{path}")
        for name, run_id, path in (
            ("input", upstream, "model.joblib"),
            ("another file", upstream, "log.txt"),
            ("another run", older, "model.joblib"),
            ("another client", others, "model.joblib"),
        )
    }

    assert batch.total == 2
    assert answers.pop("input").content == b"a model"
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        answers, 404
    )


async def test_token_that_was_changed_is_none(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    path = f"/v1/runs/{started.grant.run_id}/progress"
    token = started.spec.token
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")

    for wrong in (forged, "mlt1.", token.replace("mlt1.", "mla1."), None):
        answer = await services.ask("POST", path, token=wrong, json={"progress": 1.0})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"progress": 1.5},
        {"metrics": {"a b": 1}},
        {"metrics": {"a\0": 1}},
        {"metrics": {"x" * 101: 1}},
        {"metrics": {f"m{number}": 1 for number in range(201)}},
        {"percent": 50},
    ],
)
async def test_report_that_says_nothing_clear_is_refused(
    services: Services, agent: FakeAgent, report: dict[str, Any]
):
    started = await begin(services, agent)

    answer = await tell(services, started, **report)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


async def test_attempt_reports_at_most_200_metrics_in_all(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    many = {f"m{number}": float(number) for number in range(200)}
    assert (await tell(services, started, metrics=many)).status_code == 204
    assert (await tell(services, started, metrics={"m7": 8.0})).status_code == 204

    answer = await tell(services, started, metrics={"one": 1.0})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/metrics")
    assert (await run_of(services, started)).metrics == many | {"m7": 8.0}


def environment_of(services: Services, started: Started) -> dict[str, str]:
    return {
        "MLMON_RUN_ID": started.grant.run_id,
        "MLMON_API_URL": services.url,
        "MLMON_TOKEN": started.spec.token,
    }


async def test_helper_of_the_sdk_reports_with_the_token(
    services: Services, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    started = await begin(services, agent)
    environment = environment_of(services, started)
    await asyncio.to_thread(mlmon.report, 0.5, {"auc": 0.9}, environment=environment)
    run = await run_of(services, started)
    assert (run.progress, run.metrics) == (0.5, {"auc": 0.9})
    assert "::mlmon" not in capsys.readouterr().out

    await agent.report(started)

    with pytest.raises(StaleFenceError, match="is over"):
        await asyncio.to_thread(mlmon.report, 0.6, environment=environment)


async def test_helper_of_the_sdk_prints_while_the_server_is_away(
    services: Services, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    started = await begin(services, agent)
    environment = environment_of(services, started) | {"MLMON_API_URL": "http://127.0.0.1:1"}
    await asyncio.to_thread(mlmon.report, 0.5, environment=environment)

    # The services of this process log to the same place.
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "::mlmon" in line] == ["::mlmon progress=0.5"]
