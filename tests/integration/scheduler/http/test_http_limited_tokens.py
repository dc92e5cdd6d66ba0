"""Tokens that are limited to clients or jobs: what they see, submit and change."""

from functools import partial

import pytest
import pytest_asyncio

from mlmon_shared.errors import ForbiddenError, InvalidRequestError, NotFoundError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.visibility import HIDDEN
from mlmon_shared.wire.batches import BatchSubmission
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.reruns import RerunScope
from mlmon_shared.wire.runs import RunSubmission
from mlmon_shared.wire.states import RunState, Scope
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", scope="session", autouse=True)
async def limited(shared_services: Services) -> None:
    """Tokens of acme, and of one job."""
    wanted = {
        "acme": TokenRequest(name="acme", scopes=[Scope.SUBMITTER], clients=["acme"]),
        "score": TokenRequest(name="score", scopes=[Scope.SUBMITTER], jobs=["score"]),
    }
    made = {
        name: (await shared_services.config_api.create_token(request)).token
        for name, request in wanted.items()
    }
    shared_services.tokens = {**shared_services.tokens, **made}


async def test_run_of_another_client_does_not_exist(services: Services):
    other = await services.submit(client="bolt")

    for method, path in (
        ("GET", ""), ("GET", "/wait"), ("GET", "/logs"), ("GET", "/artifacts"), ("GET", "/explain"),
        ("POST", "/cancel"), ("POST", "/hold"), ("POST", "/release"), ("POST", "/rerun"),
    ):  # fmt: skip
        answer = await services.ask(method, f"/v1/runs/{other.id}{path}", token="acme")
        assert (answer.status_code, answer.json()["detail"]) == (
            404,
            f"there is no run {other.id}",
        )
    assert (await services.scheduler.get_run(other.id)).state is RunState.QUEUED


async def test_lists_leave_out_what_is_not_seen(services: Services):
    own = await services.submit(client="acme")
    for _ in range(3):
        await services.submit(client="bolt")
    acme = services.client("acme")

    for wanted in ({}, {"state": "queued"}, {"job": "echo"}):
        page = await eventually(partial(_one_run, services, wanted))
        assert ([run.id for run in page.items], page.next_cursor) == ([own.id], None)
    assert (await acme.list_runs(client="bolt")).items == []


async def _one_run(services: Services, wanted: dict[str, str]):
    """Return the page once history has caught up: it is what answers those who see less."""
    page = await services.client("acme").list_runs(limit=1, **wanted)
    return page if page.items and page.next_cursor is None else None


async def test_submission_for_others_is_refused_whether_they_exist_or_not(services: Services):
    acme, score = services.client("acme"), services.client("score")

    details = []
    for client in ("bolt", "nobody"):
        with pytest.raises(ForbiddenError, match="/client") as raised:
            await acme.submit_run(_submission("echo", client))
        details.append(raised.value.detail.replace(client, "…"))
    assert details[0] == details[1]
    with pytest.raises(ForbiddenError, match='"echo"; it is limited to the job score'):
        await score.submit_run(_submission("echo", "acme"))
    assert (await score.submit_run(_submission("score", "bolt"))).client == "bolt"


def _submission(job: str, client: str, **fields: object):
    return RunSubmission.model_validate({"job": job, "client": client, **fields})


async def test_batch_is_seen_when_all_of_it_is(services: Services):
    own = await services.submit_batch([{"key": "a", "job": "echo", "client": "acme"}])
    mixed = await services.submit_batch(
        [{"key": name, "job": "echo", "client": name} for name in ("acme", "bolt")]
    )
    acme = services.client("acme")

    assert (await acme.get_batch(own.id)).total == 1
    assert [batch.id for batch in (await acme.list_batches()).items] == [own.id]
    for path in ("", "/cancel", "/hold"):
        method = "POST" if path else "GET"
        answer = await services.ask(method, f"/v1/batches/{mixed.id}{path}", token="acme")
        assert answer.status_code == 404
    # Its own run of the batch is a run like any other.
    (run,) = (await eventually(lambda: _of_batch(services, mixed.id))).items
    assert run.client == "acme"
    with pytest.raises(ForbiddenError) as raised:
        await acme.submit_batch(
            BatchSubmission.model_validate(
                {
                    "items": [
                        {"key": name, "job": "echo", "client": name}
                        for name in ("acme", "bolt", "coda")
                    ]
                }
            )
        )
    pointers = [fault["pointer"] for fault in raised.value.extras["errors"]]
    assert sorted(pointers) == ["/items/1/client", "/items/2/client"]


async def _of_batch(services: Services, batch_id: str):
    page = await services.client("acme").list_runs(batch=batch_id)
    return page if page.items else None


async def test_forgotten_batches_are_seen_in_history_alike(services: Services, agent: FakeAgent):
    own = await services.submit_batch([{"key": "a", "job": "echo", "client": "acme"}])
    mixed = await services.submit_batch(
        [{"key": name, "job": "echo", "client": name} for name in ("acme", "bolt")]
    )
    for batch in (own, mixed):
        await services.run_of(batch, "acme" if batch is mixed else "a")
    await services.forget_batches()
    acme = services.client("acme")

    assert [batch.id for batch in (await acme.list_batches()).items] == [own.id]
    assert (await acme.get_batch(own.id)).id == own.id
    with pytest.raises(NotFoundError):
        await acme.get_batch(mixed.id)


async def test_dependency_on_a_run_of_others_is_one_on_no_run(services: Services):
    other = await services.submit(client="bolt")

    with pytest.raises(InvalidRequestError, match=f"there is no run {other.id}"):
        await services.client("acme").submit_run(
            _submission("echo", "acme", depends_on=[{"run": other.id}])
        )


async def test_what_an_own_run_waits_for_of_others_is_not_named(services: Services):
    other = await services.submit(job="train", client="bolt")
    own = await services.submit(client="acme", depends_on=[{"run": other.id}])
    acme = services.client("acme")

    shown = await acme.get_run(own.id)
    explained = await acme.explain_run(own.id)
    await services.scheduler.cancel_run(other.id)
    skipped = await eventually(lambda: _final(services, own.id))

    assert [(link.job, link.run) for link in shown.depends_on] == [("train", None)]
    assert HIDDEN in explained.summary
    assert "bolt" not in skipped.model_dump_json()
    for document in (shown, explained, skipped):
        assert other.id not in document.model_dump_json()
    assert skipped.reason == f"Its dependency is {HIDDEN}."


async def _final(services: Services, run_id: str):
    run = await services.client("acme").get_run(run_id)
    return run if run.state is RunState.SKIPPED else None


async def test_rerun_takes_nothing_of_others_along(services: Services):
    own = await services.submit(client="acme")
    other = await services.submit(job="train", client="bolt", depends_on=[{"run": own.id}])
    for run in (own, other):
        await services.scheduler.cancel_run(run.id)
    acme = services.client("acme")

    with pytest.raises(ForbiddenError, match="re-run runs alone"):
        await acme.rerun_run(own.id, scope=RerunScope.DOWNSTREAM)
    again = await acme.rerun_run(own.id)

    assert again.run is not None
    assert again.run.rerun_of == own.id
