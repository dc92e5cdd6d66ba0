"""Two who edit the same, by the SDK and the command line, on the real service."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from mlmon import AsyncClient, Client
from mlmon.cli.main import main
from mlmon.errors import InvalidRequestError, PreconditionFailedError
from mlmon_config_api.app import create_app
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.states import Scope

from .conftest import ADMIN, QUICK_HASHER, a_definition, a_pool, make_settings

Mlmon = Callable[..., Awaitable[int]]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
async def url(database_url: str, clock: FakeClock, ids: SequentialIds) -> AsyncIterator[str]:
    app = create_app(make_settings(database_url), clock=clock, ids=ids, hasher=QUICK_HASHER)
    async with live_server(app) as url:
        yield url


@pytest.fixture
async def sdk(url: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(url, token=ADMIN) as client:
        await client.put_pool(a_pool())
        await client.put_client({"name": "acme"})
        await client.apply_job_definition(a_definition(schedule={"cron": "0 2 * * *"}))
        yield client


@asynccontextmanager
async def somebody(sdk: AsyncClient, name: str) -> AsyncIterator[AsyncClient]:
    """Another administrator."""
    token = await sdk.config_api.create_token(TokenRequest(name=name, scopes=[Scope.ADMIN]))
    async with AsyncClient(sdk.url, token=token.token) as client:
        yield client


async def two_others_change(sdk: AsyncClient) -> None:
    read = await sdk.get_client("acme")
    async with somebody(sdk, "pia") as pia, somebody(sdk, "lee") as lee:
        await pia.put_client(read.model_copy(update={"weight": 2.0}), if_match=read.etag)
        await lee.pause_client("acme", reason="unpaid")


async def test_error_tells_what_two_others_changed(sdk: AsyncClient) -> None:
    mine = await sdk.get_client("acme")
    await two_others_change(sdk)

    with pytest.raises(PreconditionFailedError) as caught:
        await sdk.put_client(mine.model_copy(update={"weight": 3.0}), if_match=mine.etag)

    assert [(change["by"], change["action"]) for change in caught.value.changes] == [
        ("lee", "paused"),
        ("pia", "changed"),
    ]
    assert caught.value.changes[1]["places"] == [{"pointer": "/weight", "before": 1, "after": 2}]
    newest = await sdk.get_client("acme")
    assert (newest.weight, newest.etag) == (2, caught.value.etag)
    result = await sdk.put_client({"name": "acme", "weight": 3}, if_match=newest.etag)
    assert result.etag == (await sdk.get_client("acme")).etag


async def test_every_call_that_changes_takes_the_etag_of_what_was_read(sdk: AsyncClient) -> None:
    await sdk.put_resource({"name": "warehouse", "capacity": 3})
    await sdk.apply_job_definition(
        a_definition(image="flights:2", schedule={"cron": "0 2 * * *"}), canary_percent=10
    )
    await sdk.pin_client("delay-train", "acme", 1)
    await sdk.put_user({"name": "ann", "roles": ["author"]})
    stale = "0123abcd"
    job = a_definition(image="flights:3")
    calls = {
        "put_client": lambda tag: sdk.put_client({"name": "acme", "weight": 2}, if_match=tag),
        "pause_client": lambda tag: sdk.pause_client("acme", reason="a", if_match=tag),
        "put_pool": lambda tag: sdk.put_pool(a_pool(cpu=3), if_match=tag),
        "put_resource": lambda tag: sdk.put_resource(
            {"name": "warehouse", "capacity": 4}, if_match=tag
        ),
        "pause_schedule": lambda tag: sdk.pause_schedule("delay-train", if_match=tag),
        "pin_client": lambda tag: sdk.pin_client("delay-train", "acme", 2, if_match=tag),
        "unpin_client": lambda tag: sdk.unpin_client("delay-train", "acme", if_match=tag),
        "set_canary": lambda tag: sdk.set_canary("delay-train", percent=20, if_match=tag),
        "roll_back_canary": lambda tag: sdk.roll_back_canary("delay-train", if_match=tag),
        "promote_canary": lambda tag: sdk.promote_canary("delay-train", if_match=tag),
        "archive": lambda tag: sdk.archive_job_definition("delay-train", if_match=tag),
        "apply": lambda tag: sdk.apply_job_definition(job, if_match=tag),
        "put_user": lambda tag: sdk.put_user({"name": "ann", "roles": ["admin"]}, if_match=tag),
        "delete_user": lambda tag: sdk.delete_user("ann", if_match=tag),
    }

    for name, change in calls.items():
        with pytest.raises(PreconditionFailedError):
            pytest.fail(f"{name} made {await change(stale)}")

    await sdk.put_pool(await sdk.get_pool("cpu"), if_match=(await sdk.get_pool("cpu")).etag)
    resource = await sdk.get_resource("warehouse")
    changed = resource.model_copy(update={"capacity": 9})
    assert (await sdk.put_resource(changed, if_match=resource.etag)).change == "changed"
    pin = await sdk.get_pin("delay-train", "acme")
    await sdk.unpin_client("delay-train", "acme", if_match=pin.etag)
    canary = await sdk.get_canary("delay-train")
    await sdk.promote_canary("delay-train", if_match=canary.etag)
    found = await sdk.get_job_definition("delay-train")
    await sdk.archive_job_definition("delay-train", if_match=found.etag)
    user = await sdk.get_user("ann")
    await sdk.delete_user("ann", if_match=user.etag)


@pytest.mark.parametrize("tag", ["", '"', 'a"b', "a\nb", "é"])
async def test_what_is_no_etag_is_refused_before_it_is_sent(sdk: AsyncClient, tag: str) -> None:
    with pytest.raises(InvalidRequestError, match="if_match"):
        await sdk.put_client({"name": "acme"}, if_match=tag)


async def test_blocking_client_tells_it_too(sdk: AsyncClient) -> None:
    mine = await sdk.get_client("acme")
    await two_others_change(sdk)

    def change() -> None:
        with Client(sdk.url, token=ADMIN) as client:
            client.put_client(mine.model_copy(update={"weight": 3.0}), if_match=mine.etag)

    with pytest.raises(PreconditionFailedError) as caught:
        await asyncio.to_thread(change)

    assert [change["by"] for change in caught.value.changes] == ["lee", "pia"]


@pytest.fixture
def mlmon(url: str, monkeypatch: pytest.MonkeyPatch) -> Mlmon:
    monkeypatch.setenv("MLMON_TOKEN", ADMIN)

    async def run(*arguments: str) -> int:
        return await asyncio.to_thread(main, ["--server", url, *arguments])

    return run


async def test_command_line_shows_the_etag_and_what_others_changed(
    sdk: AsyncClient, mlmon: Mlmon, capsys: Captured
) -> None:
    await mlmon("clients", "get", "acme", "-o", "json")
    etag = json.loads(printed(capsys))["etag"]
    await two_others_change(sdk)

    # As shells hand it over, which take the quotes away.
    bare = etag.strip('"')
    status = await mlmon("clients", "put", "acme", "--weight", "3", "--if-match", bare)

    assert status == 1
    lines = capsys.readouterr().err.splitlines()
    told = [re.sub(r"^  \S+ \S+ ", "", line) for line in lines if not line.startswith("\x1b[2m")]
    assert told[0].startswith('mlmon: lee has changed the client "acme" at ')
    assert [line.strip() for line in told[1:]] == [
        "lee: paused client acme",
        "/is_paused: false -> true",
        '/pause_reason: "" -> "unpaid"',
        "pia: changed client acme",
        "/weight: 1 -> 2",
    ]
    assert (await sdk.get_client("acme")).weight == 2
    await mlmon("clients", "get", "acme", "-o", "yaml")
    newest = yaml.safe_load(printed(capsys))["etag"]
    assert await mlmon("clients", "resume", "acme", "--if-match", newest) == 0


COMMANDS = {
    "clients put": ["acme", "--weight", "2"],
    "clients pause": ["acme"],
    "resources put": ["warehouse", "--capacity", "5"],
    "schedules pause": ["delay-train"],
    "jobs archive": ["delay-train"],
    "jobs pin": ["delay-train", "acme", "1"],
    "jobs canary set": ["delay-train", "--version", "2", "--percent", "5"],
    "jobs canary promote": ["delay-train"],
    "jobs canary rollback": ["delay-train"],
    "users set": ["ann", "--email", "ann@example.com"],
    "users remove": ["ann"],
}


async def test_commands_that_change_heed_the_etag(sdk: AsyncClient, mlmon: Mlmon) -> None:
    await sdk.put_resource({"name": "warehouse", "capacity": 3})
    await sdk.put_user({"name": "ann", "roles": ["author"]})
    await sdk.apply_job_definition(
        a_definition(image="flights:2", schedule={"cron": "0 2 * * *"}), canary_percent=10
    )
    before = (await sdk.config_api.list_audit_events(limit=1)).items[0].revision

    statuses = {
        command: await mlmon(*command.split(), *arguments, "--if-match", "0123abcd")
        for command, arguments in COMMANDS.items()
    }

    assert statuses == dict.fromkeys(COMMANDS, 1)
    assert (await sdk.config_api.list_audit_events(limit=1)).items[0].revision == before


APPLIED = {
    "pools get cpu": {"pools": [a_pool(cpu=3)]},
    "clients get acme": {"clients": [{"name": "acme", "weight": 2}]},
    "resources get warehouse": {"resources": [{"name": "warehouse", "capacity": 4}]},
    "jobs get delay-train": a_definition(image="flights:2"),
}
"""What `mlmon apply` changes, by the command that reads it before."""


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]], ids=["for-real", "dry-run"])
async def test_apply_changes_one_thing_only_as_it_was_read(
    sdk: AsyncClient,
    mlmon: Mlmon,
    capsys: Captured,
    tmp_path: Path,
    dry_run: list[str],
) -> None:
    await sdk.put_resource({"name": "warehouse", "capacity": 3})
    file = tmp_path / "thing.json"
    apply = ("apply", "-f", str(file), *dry_run, "--if-match")
    statuses = []

    for command, document in APPLIED.items():
        file.write_text(json.dumps(document))
        capsys.readouterr()
        await mlmon(*command.split(), "-o", "json")
        etag = json.loads(printed(capsys))["etag"]
        before = (await sdk.config_api.list_audit_events(limit=1)).items[0].revision
        refused = await mlmon(*apply, "0123abcd")
        after = (await sdk.config_api.list_audit_events(limit=1)).items[0].revision
        statuses.append((refused, after - before, await mlmon(*apply, etag)))

    assert statuses == [(1, 0, 0)] * len(APPLIED)


async def test_apply_of_several_things_takes_the_etag_of_their_plan_alone(
    sdk: AsyncClient, mlmon: Mlmon, capsys: Captured, tmp_path: Path
) -> None:
    file = tmp_path / "things.json"
    file.write_text(json.dumps({"clients": [{"name": "acme"}, {"name": "bolt"}]}))

    assert await mlmon("apply", "-f", str(file), "--if-match", "0123abcd") == 2

    said = capsys.readouterr().err
    assert "is of one thing" in said
    assert "take the etag that --dry-run ends with" in said


def printed(capsys: Captured) -> str:
    """What the command printed, without what the server in this process logs."""
    lines = capsys.readouterr().out.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("\x1b[2m"))
