"""Single runs: what a submission comes to."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from mlmon_shared.clients.config_api import revision_of
from mlmon_shared.errors import IdempotencyConflictError, InvalidRequestError
from mlmon_shared.ids import new_id
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.runs import RunSubmission
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_submitted_run_is_queued_with_what_its_definition_says(services: Services):
    run = await services.submit()

    assert (run.state, run.job, run.version, run.client) == ("queued", "echo", 1, "acme")
    assert (run.image, run.priority, run.submitted_by) == ("echo:1", 20, "submitter")
    assert run.params == {"word": "hello"}
    assert run.resources.cpu == 1.0
    assert (run.attempt, run.attempts, run.started_at, run.run_seconds) == (0, [], None, None)
    assert run.queued_at == run.created_at
    assert run.queue_seconds is not None
    assert run.queue_seconds >= 0


async def test_submission_overrides_priority_lane_and_parameters_and_merges_labels(
    services: Services,
):
    run = await services.submit(
        priority=0,
        lane="high",
        params={"word": "bye", "month": 3},
        labels={"team": "core", "run": "night"},
    )

    assert (run.priority, run.lane) == (0, "high")
    assert run.params == {"word": "bye", "month": 3}
    assert run.labels == {"team": "core", "kind": "demo", "run": "night"}


async def test_run_in_a_higher_lane_overtakes_its_client_s_older_run(
    services: Services, agent: FakeAgent
):
    older = await services.submit()
    urgent = await services.submit(lane="critical")
    grants = [await agent.lease() for _ in range(2)]

    assert [grant.run_id for grant in grants] == [urgent.id, older.id]


async def test_run_with_a_start_time_is_delayed(services: Services, agent: FakeAgent):
    moment = datetime.now(UTC) + timedelta(hours=1)
    run = await services.submit(not_before=moment)

    assert run.state == RunState.DELAYED
    assert run.not_before is not None
    assert abs(run.not_before - moment) < timedelta(milliseconds=1)
    assert (await agent.poll(seconds=0)).grants == []


async def test_delayed_run_is_queued_when_its_time_has_come(services: Services, agent: FakeAgent):
    moment = datetime.now(UTC) + timedelta(seconds=0.3)
    run = await services.submit(not_before=moment)

    grant = await agent.lease()

    assert grant.run_id == run.id
    assert datetime.now(UTC) >= moment


async def test_run_that_has_not_started_by_its_deadline_expires(services: Services):
    moment = datetime.now(UTC) + timedelta(seconds=0.2)
    run = await services.submit(start_by=moment)

    ended = await services.scheduler.wait_run(run.id, timeout_seconds=20)

    assert run.start_by is not None
    assert abs(run.start_by - moment) < timedelta(milliseconds=1)
    assert (ended.state, ended.start_by) == (RunState.EXPIRED, run.start_by)
    assert ended.reason == "It was queued when its start deadline passed."


async def test_same_idempotency_key_returns_the_same_run(services: Services):
    submission = RunSubmission(job="echo", client="acme")
    first = await services.scheduler.submit_run(submission, idempotency_key="once")
    second = await services.scheduler.submit_run(submission, idempotency_key="once")

    assert second.id == first.id
    assert len((await services.scheduler.list_runs(state="queued")).items) == 1


async def test_same_idempotency_key_with_another_body_is_a_conflict(services: Services):
    first = await services.scheduler.submit_run(
        RunSubmission(job="echo", client="acme"), idempotency_key="once"
    )
    with pytest.raises(IdempotencyConflictError) as caught:
        await services.scheduler.submit_run(
            RunSubmission(job="echo", client="bolt"), idempotency_key="once"
        )

    assert caught.value.extras["made"] == first.id
    assert len((await services.scheduler.list_runs(state="queued")).items) == 1


async def test_idempotency_key_stands_for_its_run_long_after_that_is_forgotten(
    services: Services, agent: FakeAgent
):
    submission = RunSubmission(job="echo", client="acme")
    first = await services.scheduler.submit_run(submission, idempotency_key="once")
    await agent.report(await agent.start())
    await services.forget_runs()

    second = await services.scheduler.submit_run(submission, idempotency_key="once")

    assert (second.id, second.state) == (first.id, RunState.SUCCEEDED)
    assert (await services.scheduler.list_runs(state="queued")).items == []


async def test_idempotency_keys_of_two_tokens_are_apart(services: Services):
    body = {"job": "echo", "client": "acme"}
    headers = {"Idempotency-Key": "once"}
    ids = [
        (await services.ask("POST", "/v1/runs", json=body, headers=headers, token=token)).json()[
            "id"
        ]
        for token in ("submitter", "admin-secret")
    ]

    assert ids[0] != ids[1]


async def test_definition_is_known_right_after_it_was_applied(services: Services):
    content = json.dumps({"name": f"new-{new_id()}", "image": "new:1", "command": ["x"]})
    applied = await services.config_api.apply_job_definition(content.encode())

    run = await services.submit(applied.name)

    assert (run.job, run.version) == (applied.name, 1)


async def test_revision_in_the_request_makes_the_scheduler_catch_up(services: Services):
    name = f"changed-{new_id()}"
    for image in ("old:1", "new:1"):
        content = json.dumps({"name": name, "image": image, "command": ["x"]}).encode()
        applied = await services.config_api.apply_job_definition(content)
        scheduler = services.scheduler
        scheduler.config_revision = revision_of([applied])
        run = await scheduler.submit_run(RunSubmission(job=name, client="acme"))

    assert (run.version, run.image) == (2, "new:1")


async def test_run_of_an_older_version_gets_that_version(services: Services, agent: FakeAgent):
    name = f"older-{new_id()}"
    for image in ("old:1", "new:1"):
        content = json.dumps({"name": name, "image": image, "command": ["x", image]}).encode()
        await services.config_api.apply_job_definition(content)

    run = await services.submit(name, version=1)
    started = await agent.start()

    assert (run.version, run.image) == (1, "old:1")
    assert started.spec.command == ["x", "old:1"]


async def test_run_that_waits_on_another_is_blocked_until_that_has_succeeded(
    services: Services, agent: FakeAgent
):
    parent = await services.submit()
    child = await services.submit(depends_on=[{"run": parent.id}])
    assert child.state == RunState.BLOCKED
    assert [link.run for link in child.depends_on] == [parent.id]

    await agent.report(await agent.start())

    assert (await agent.lease()).run_id == child.id


async def test_run_that_waits_on_a_failed_one_is_skipped_with_the_reason(
    services: Services, agent: FakeAgent
):
    parent = await services.submit()
    child = await services.submit(depends_on=[{"run": parent.id}])
    await agent.fail(await agent.start())

    skipped = await services.scheduler.wait_run(child.id, timeout_seconds=10)

    assert skipped.state == RunState.SKIPPED
    assert skipped.reason == "Its dependency echo of acme failed: It broke."


async def test_run_whose_upstream_job_never_ran_waits_for_its_next_run(
    services: Services, agent: FakeAgent
):
    score = await services.submit("score")
    assert (score.state, score.reason) == ("blocked", "Waits for the next run of train for acme.")
    assert [(link.job, link.run) for link in score.depends_on] == [("train", None)]

    train = await services.submit("train")
    await agent.publish({"model.joblib": b"model"})
    started = await agent.start()

    assert started.grant.run_id == score.id
    assert await agent.download(started.spec.inputs[0].download) == b"model"
    shown = await services.scheduler.get_run(score.id)
    assert [(link.job, link.run) for link in shown.depends_on] == [("train", train.id)]


async def test_run_gets_the_newest_file_that_its_upstream_job_published(
    services: Services, agent: FakeAgent
):
    for content in (b"older", b"newest"):
        await services.submit("train")
        trained = await agent.publish({"model.joblib": content})
    await services.submit("score")

    started = await agent.start()

    (given,) = started.spec.inputs
    assert (given.target, given.size) == ("model.joblib", 6)
    assert trained in given.download.url
    assert await agent.download(given.download) == b"newest"


async def test_another_clients_run_is_not_waited_on(services: Services, agent: FakeAgent):
    await services.submit("train", "bolt")
    await agent.publish({"model.joblib": b"model"})

    score = await services.submit("score", "acme")

    assert (score.state, score.depends_on[0].run) == ("blocked", None)


async def test_named_run_stands_for_the_dependency_on_its_job(services: Services):
    first = await services.submit("train")
    await services.submit("train")

    score = await services.submit("score", depends_on=[{"run": first.id}])

    assert [link.run for link in score.depends_on] == [first.id]


async def test_newest_run_that_failed_skips_its_dependant(services: Services, agent: FakeAgent):
    await services.submit("train")
    await agent.publish({"model.joblib": b"model"})
    await services.submit("train")
    await agent.fail(await agent.start())

    score = await services.submit("score")

    assert (score.state, score.reason) == (
        "skipped",
        "Its dependency train of acme failed: It broke.",
    )


async def test_more_are_needed_than_there_are_is_refused(services: Services):
    parent = await services.submit()
    with pytest.raises(InvalidRequestError) as caught:
        await services.submit(depends_on=[{"run": parent.id}], join={"n_of": 2})

    (fault,) = caught.value.errors
    assert fault == {
        "pointer": "/join",
        "detail": "n_of: 2 can never be met: the run has 1 dependency",
    }


async def test_every_bad_edge_is_named(services: Services):
    parent = await services.submit()
    edges = [{"run": parent.id}, {"run": "nowhere"}, {"run": parent.id, "when": "failed"}]
    with pytest.raises(InvalidRequestError) as caught:
        await services.submit(depends_on=edges)

    faults = {fault["pointer"]: fault["detail"] for fault in caught.value.errors}
    assert faults == {
        "/depends_on/1/run": "there is no run nowhere",
        "/depends_on/2/run": f'"{parent.id}" stands twice; leave one out',
    }


async def test_submission_goes_over_the_definition(services: Services, agent: FakeAgent):
    first, second = await services.submit(), await services.submit()
    edges = [{"run": first.id}, {"run": second.id}]
    either = await services.submit(depends_on=edges, join="any")
    held = await services.submit(depends_on=edges, on_upstream_failure="hold")
    assert (either.join, held.join, held.on_upstream_failure) == ("any", "all", "hold")

    await agent.report(await agent.start())
    await agent.fail(await agent.start())

    async def settled() -> bool:
        runs = [await services.scheduler.get_run(run.id) for run in (either, held)]
        return [run.state for run in runs] == ["queued", "held"]

    await eventually(settled)
    assert "It broke." in ((await services.scheduler.get_run(held.id)).reason or "")
    assert (await services.scheduler.release_run(held.id)).state == "queued"


async def test_fan_in_outside_a_batch_is_refused(services: Services):
    with pytest.raises(InvalidRequestError, match="submit it in a batch"):
        await services.submit("summary")


async def test_waiting_run_is_cancelled_at_once(services: Services, agent: FakeAgent):
    run = await services.submit()

    cancelled = await services.scheduler.cancel_run(run.id)

    assert (cancelled.state, cancelled.reason) == ("cancelled", "Cancelled by submitter.")
    assert (await agent.poll(seconds=0)).grants == []
    settled = await eventually(lambda: durable(services, run.id))
    assert await services.scheduler.cancel_run(run.id) == settled


async def durable(services: Services, run_id: str):
    run = await services.scheduler.get_run(run_id)
    return run if run.is_durable else None
