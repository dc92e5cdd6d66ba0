import httpx
from fastapi import FastAPI

from mlmon_config_api.api.authenticating import CatalogAuthenticator
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.http.snapshots import SnapshotAuthenticator, SnapshotFollower
from mlmon_shared.principals import Principal
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.states import Scope

from .conftest import SERVICE, asking, revision_of
from .test_sessions import app

__all__ = ["app"]
DAY = 24 * 3600
ANN = Principal("s-1", "ann", frozenset({Scope.SUBMITTER, Scope.READER}))


def follow(app: FastAPI) -> SnapshotFollower:
    """The snapshot as the scheduler and report-writer follow it."""
    http = asking(app, token=None)
    return SnapshotFollower(
        ConfigApiClient(Transport("http://config-api", token=SERVICE, http=http))
    )


async def test_other_services_know_who_is_signed_in_at_once(app: FastAPI, clock: FakeClock) -> None:
    snapshots = follow(app)
    await snapshots.tick()
    elsewhere = SnapshotAuthenticator(snapshots, clock)

    given = await app.state.passes.issue(ANN, now=clock.now())

    assert await elsewhere.authenticate(given) == ANN
    clock.advance(60)
    assert await elsewhere.authenticate(given) is None
    assert await CatalogAuthenticator.authenticate(app.state.authenticator, given) is None


async def test_key_is_published_once_and_replaced_before_it_ends(
    api: httpx.AsyncClient, app: FastAPI, clock: FakeClock
) -> None:
    snapshots = follow(app)
    before = await revision_of(api)
    for _ in range(3):
        await app.state.passes.issue(ANN, now=clock.now())
    once = await revision_of(api)
    await snapshots.tick()
    (first,) = snapshots.current.pass_keys
    clock.advance(DAY - 300)
    await app.state.passes.issue(ANN, now=clock.now())
    await snapshots.tick()

    assert once == before + 1
    assert first in snapshots.current.pass_keys
    assert len(snapshots.current.pass_keys) == 2
    assert "d" not in first.public_key
