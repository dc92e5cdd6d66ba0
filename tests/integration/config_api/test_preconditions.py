from typing import Any

import httpx
import pytest

from mlmon_shared.testing.clocks import FakeClock

from .conftest import a_definition, a_pool, apply, faults_of, revision_of


async def put(
    api: httpx.AsyncClient, noun: str, entry: dict[str, Any], **headers: str
) -> httpx.Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.put(f"/v1/{noun}/{entry['name']}", json=entry, headers=fields)


async def etag_of(api: httpx.AsyncClient, path: str) -> str:
    response = await api.get(f"/v1/{path}")
    assert response.status_code == 200, response.text
    return response.headers["ETag"]


@pytest.mark.parametrize(
    ("noun", "entry", "change"),
    [
        ("clients", {"name": "acme"}, {"weight": 2}),
        ("pools", a_pool("cpu"), {"kill_grace": "30s"}),
        ("resources", {"name": "warehouse", "capacity": 4}, {"capacity": 6}),
    ],
)
async def test_only_one_of_two_that_read_the_same_can_change_it(
    api: httpx.AsyncClient, noun: str, entry: dict[str, Any], change: dict[str, Any]
) -> None:
    await put(api, noun, entry)
    seen = await etag_of(api, f"{noun}/{entry['name']}")
    first = await put(api, noun, {**entry, **change}, If_Match=seen)

    second = await put(api, noun, {**entry, "description": "mine"}, If_Match=seen)

    assert first.status_code == 200
    problem = second.json()
    assert (second.status_code, problem["type"]) == (412, "urn:mlmon:problem:precondition-failed")
    assert problem["changed_by"] == "bootstrap-admin"
    lines = [line for line in problem["diff"].splitlines()[2:] if line[:1] in {"+", "-"}]
    (changed,) = change
    assert [line[1:].split(":")[0] for line in lines] == [changed, changed]
    assert problem["etag"] == await etag_of(api, f"{noun}/{entry['name']}")
    stored = (await api.get(f"/v1/{noun}/{entry['name']}")).json()
    assert stored.get("description", "") == ""


async def test_definition_is_changed_only_where_it_is_what_was_read(
    api: httpx.AsyncClient,
) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await apply(api, a_definition())
    seen = await etag_of(api, "job-definitions/delay-train")
    await apply(api, a_definition(image="flights:2"))

    late = await api.post(
        "/v1/job-definitions", json=a_definition(image="flights:3"), headers={"If-Match": seen}
    )

    assert late.status_code == 412
    assert "+image: flights:2" in late.json()["diff"]
    assert (await api.get("/v1/job-definitions/delay-train")).json()["version"] == 2


async def test_dry_run_tells_of_the_others_change_too(api: httpx.AsyncClient) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await apply(api, a_definition())

    late = await api.post(
        "/v1/job-definitions",
        params={"dry_run": "true"},
        json=a_definition(image="flights:3"),
        headers={"If-Match": '"0123"'},
    )

    assert late.status_code == 412


async def test_what_must_be_new_is_not_overwritten(api: httpx.AsyncClient) -> None:
    created = await put(api, "clients", {"name": "acme"}, If_None_Match="*")

    again = await put(api, "clients", {"name": "acme", "weight": 5}, If_None_Match="*")

    assert (created.status_code, again.status_code) == (201, 412)
    assert (await api.get("/v1/clients/acme")).json()["weight"] == 1


async def test_what_is_not_there_cannot_be_changed(api: httpx.AsyncClient) -> None:
    late = await put(api, "clients", {"name": "acme"}, If_Match='"0123"')

    assert late.status_code == 412
    assert "no client" in late.json()["detail"]


async def test_what_must_be_there_is_changed_whatever_it_is_and_not_made(
    api: httpx.AsyncClient,
) -> None:
    early = await put(api, "clients", {"name": "acme"}, If_Match="*")
    await put(api, "clients", {"name": "acme"})
    changed = await put(api, "clients", {"name": "acme", "weight": 5}, If_Match=" * ")

    assert (early.status_code, changed.status_code) == (412, 200)
    assert "there is no client" in early.json()["detail"]
    assert (await api.get("/v1/clients/acme")).json()["weight"] == 5


@pytest.mark.parametrize("tags", ['"other", TAG', "TAG", 'W/"weak",TAG'])
async def test_one_of_several_tags_is_enough(api: httpx.AsyncClient, tags: str) -> None:
    await put(api, "clients", {"name": "acme"})
    seen = await etag_of(api, "clients/acme")

    changed = await put(
        api, "clients", {"name": "acme", "weight": 5}, If_Match=tags.replace("TAG", seen)
    )

    assert changed.status_code == 200


@pytest.mark.parametrize("header", ["abc", '"a" "b"', '"open'])
async def test_malformed_tag_is_refused(api: httpx.AsyncClient, header: str) -> None:
    faults_of(await put(api, "clients", {"name": "acme"}, If_Match=header))


async def test_what_two_others_changed_since_is_all_told(
    api: httpx.AsyncClient, clock: FakeClock
) -> None:
    await put(api, "clients", {"name": "acme", "labels": {"tier": "gold"}})
    seen = await etag_of(api, "clients/acme")
    pia, lee = [await user_token(api, name) for name in ("pia", "lee")]
    clock.advance(60)
    await put(api, "clients", {"name": "acme", "labels": {"tier": "gold"}, "weight": 2}, **pia)
    await api.post("/v1/clients/acme/pause", json={"reason": "unpaid"}, headers=lee)

    late = await put(api, "clients", {"name": "acme", "weight": 3}, If_Match=seen)

    assert late.status_code == 412
    problem = late.json()
    newest, oldest = problem["changes"]
    assert (newest["by"], newest["action"]) == ("lee", "paused")
    assert newest["places"] == [
        {"pointer": "/is_paused", "before": False, "after": True},
        {"pointer": "/pause_reason", "before": "", "after": "unpaid"},
    ]
    assert (oldest["by"], oldest["action"]) == ("pia", "changed")
    assert oldest["places"] == [{"pointer": "/weight", "before": 1, "after": 2}]
    assert problem["detail"].startswith('lee has changed the client "acme" at ')
    assert "after 1 other change by pia since you have read it" in problem["detail"]
    assert {"+weight: 2", "+is_paused: true"} <= set(problem["diff"].splitlines())
    assert problem["etag"] == await etag_of(api, "clients/acme")


async def test_many_changes_are_told_in_part(api: httpx.AsyncClient) -> None:
    await put(api, "clients", {"name": "acme"})
    seen = await etag_of(api, "clients/acme")
    for weight in range(2, 27):
        await put(api, "clients", {"name": "acme", "weight": weight})

    late = await put(api, "clients", {"name": "acme", "weight": 50}, If_Match=seen)

    problem = late.json()
    assert len(problem["changes"]) == 20
    assert problem["changes"][0]["places"] == [{"pointer": "/weight", "before": 25, "after": 26}]
    assert problem["more_changes"] == 5


async def test_change_by_hand_that_took_back_the_others_is_no_conflict(
    api: httpx.AsyncClient,
) -> None:
    await put(api, "clients", {"name": "acme"})
    seen = await etag_of(api, "clients/acme")
    await put(api, "clients", {"name": "acme", "weight": 2})
    await put(api, "clients", {"name": "acme", "weight": 1})

    changed = await put(api, "clients", {"name": "acme", "weight": 3}, If_Match=seen)

    assert changed.status_code == 200


async def test_request_that_is_sent_again_succeeds_again(api: httpx.AsyncClient) -> None:
    await put(api, "clients", {"name": "acme"})
    seen = await etag_of(api, "clients/acme")
    first = await put(api, "clients", {"name": "acme", "weight": 2}, If_Match=seen)

    again = await put(api, "clients", {"name": "acme", "weight": 2}, If_Match=seen)

    assert (first.json()["change"], again.json()["change"]) == ("changed", "unchanged")
    assert first.headers["ETag"] == again.headers["ETag"] == await etag_of(api, "clients/acme")


JOB = "job-definitions/delay-train"
Deed = tuple[str, str, dict[str, Any] | None]
DEEDS: dict[str, tuple[str, list[Deed], list[Deed], Deed]] = {
    # What is read, what is done before it is read, what others do then, what comes too late.
    "pause client": (
        "clients/acme",
        [],
        [("PUT", "clients/acme", {"name": "acme", "weight": 2})],
        ("POST", "clients/acme/pause", {"reason": "mine"}),
    ),
    "resume client": (
        "clients/acme",
        [("POST", "clients/acme/pause", {"reason": "unpaid"})],
        [("POST", "clients/acme/pause", {"reason": "sued"})],
        ("POST", "clients/acme/resume", None),
    ),
    "pause schedule": (
        "schedules/delay-train",
        [],
        [("POST", "job-definitions", a_definition(schedule={"cron": "0 5 * * *"}))],
        ("POST", "schedules/delay-train/pause", {"reason": "mine"}),
    ),
    "resume schedule": (
        "schedules/delay-train",
        [("POST", "schedules/delay-train/pause", {"reason": "a"})],
        [("POST", "schedules/delay-train/pause", {"reason": "b"})],
        ("POST", "schedules/delay-train/resume", None),
    ),
    "archive": (
        JOB,
        [],
        [("POST", "job-definitions", a_definition(image="flights:2"))],
        ("POST", f"{JOB}/archive", None),
    ),
    "restore": (
        JOB,
        [("POST", f"{JOB}/archive", None)],
        [
            ("POST", f"{JOB}/restore", None),
            ("POST", "job-definitions", a_definition(image="flights:2")),
            ("POST", f"{JOB}/archive", None),
        ],
        ("POST", f"{JOB}/restore", None),
    ),
    "apply after archive": (
        JOB,
        [],
        [("POST", f"{JOB}/archive", None)],
        ("POST", "job-definitions", a_definition(image="flights:2")),
    ),
    "pin": (
        f"{JOB}/pins/acme",
        [
            ("PUT", f"{JOB}/pins/acme", {"version": 1}),
            ("POST", "job-definitions", a_definition(image="flights:2")),
            ("POST", "job-definitions", a_definition(image="flights:3")),
        ],
        [("PUT", f"{JOB}/pins/acme", {"version": 2})],
        ("PUT", f"{JOB}/pins/acme", {"version": 3}),
    ),
    "unpin": (
        f"{JOB}/pins/acme",
        [
            ("PUT", f"{JOB}/pins/acme", {"version": 1}),
            ("POST", "job-definitions", a_definition(image="flights:2")),
        ],
        [("PUT", f"{JOB}/pins/acme", {"version": 2})],
        ("DELETE", f"{JOB}/pins/acme", None),
    ),
    **{
        deed: (
            f"{JOB}/canary",
            [("POST", "job-definitions?canary_percent=10", a_definition(image="flights:2"))],
            [("PUT", f"{JOB}/canary", {"percent": 12.5})],
            (method, f"{JOB}/{path}", body),
        )
        for deed, method, path, body in (
            ("set canary", "PUT", "canary", {"percent": 30}),
            ("roll back", "DELETE", "canary", None),
            ("promote", "POST", "canary/promote", None),
        )
    },
    **{
        f"{deed} what was rolled back": (
            f"{JOB}/canary",
            [("POST", "job-definitions?canary_percent=10", a_definition(image="flights:2"))],
            [("DELETE", f"{JOB}/canary", None)],
            late,
        )
        for deed, late in (
            ("promote", ("POST", f"{JOB}/canary/promote", None)),
            ("widen", ("PUT", f"{JOB}/canary", {"percent": 30})),
        )
    },
}


async def do(
    api: httpx.AsyncClient, deed: Deed, headers: dict[str, str] | None = None
) -> httpx.Response:
    method, path, body = deed
    return await api.request(method, f"/v1/{path}", json=body, headers=headers)


@pytest.mark.parametrize("case", DEEDS)
async def test_every_change_heeds_what_was_read(
    api: httpx.AsyncClient, clock: FakeClock, case: str
) -> None:
    path, setup, others, late = DEEDS[case]
    await api.put("/v1/pools/cpu", json=a_pool())
    await put(api, "clients", {"name": "acme"})
    definition = a_definition(schedule={"cron": "0 2 * * *"})
    await apply(api, definition if "schedule" in case else a_definition())
    for deed in setup:
        assert (await do(api, deed)).is_success
    seen = await etag_of(api, path)
    pia = await user_token(api, "pia")
    clock.advance(60)
    for deed in others:
        answer = await do(api, deed, pia)
        assert answer.is_success, answer.text
    revision = await revision_of(api)

    refused = await do(api, late, {"If-Match": seen})

    assert refused.status_code == 412, refused.text
    problem = refused.json()
    assert {change["by"] for change in problem["changes"]} == {"pia"}
    # Archiving and restoring may take each other back, and still both are told.
    assert len(problem["changes"]) == len(others)
    assert all(change["places"] for change in problem["changes"])
    assert await revision_of(api) == revision
    if problem["etag"] is not None:
        assert problem["etag"] == await etag_of(api, path)
        done = await do(api, late, {"If-Match": problem["etag"]})
        assert done.status_code in {200, 201, 409}, done.text


@pytest.mark.parametrize(
    ("path", "deed"),
    [
        ("clients/acme", ("POST", "clients/acme/pause", {"reason": "unpaid"})),
        ("clients/acme", ("PUT", "clients/acme", {"name": "acme", "weight": 2})),
        ("schedules/delay-train", ("POST", "schedules/delay-train/pause", {})),
        (JOB, ("POST", f"{JOB}/archive", None)),
        (f"{JOB}/pins/acme", ("PUT", f"{JOB}/pins/acme", {"version": 1})),
        (f"{JOB}/canary", ("PUT", f"{JOB}/canary", {"percent": 30, "version": 2})),
    ],
)
async def test_answer_to_a_change_has_the_tag_for_the_next(
    api: httpx.AsyncClient, path: str, deed: Deed
) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await put(api, "clients", {"name": "acme"})
    schedule = {"cron": "0 2 * * *"}
    await apply(api, a_definition(schedule=schedule))
    await apply(
        api, a_definition(schedule=schedule, image="flights:2"), params={"canary_percent": "10"}
    )

    done = await do(api, deed)

    assert done.headers["ETag"] == done.json()["etag"] == await etag_of(api, path)
    found = (await api.get(f"/v1/{path}")).json()
    assert found["etag"] == done.headers["ETag"]


@pytest.mark.parametrize("noun", ["clients", "pools", "resources", "job-definitions", "schedules"])
async def test_items_of_lists_carry_their_tags(api: httpx.AsyncClient, noun: str) -> None:
    await api.put("/v1/pools/cpu", json=a_pool())
    await put(api, "clients", {"name": "acme"})
    await put(api, "resources", {"name": "warehouse", "capacity": 4})
    await apply(api, a_definition(schedule={"cron": "0 2 * * *"}))

    (item,) = (await api.get(f"/v1/{noun}")).json()["items"]

    assert item["etag"] == await etag_of(api, f"{noun}/{item.get('name', item.get('job'))}")


async def user_token(api: httpx.AsyncClient, name: str) -> dict[str, str]:
    """The headers of somebody else, who may do everything."""
    made = await api.post("/v1/tokens", json={"name": name, "scopes": ["admin"]})
    return {"Authorization": f"Bearer {made.json()['token']}"}
