"""Tokens that were made a moment ago, and unknown ones."""

import pytest

from mlmon_shared.errors import UnauthenticatedError
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.states import Scope
from tests.integration.scheduler.http.services import OwnServices, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_service_accepts_a_new_token_at_once(services: Services):
    for name in ("first", "second", "third"):
        request = TokenRequest(name=f"new-{name}", scopes=[Scope.READER])
        token = (await services.config_api.create_token(request)).token

        for service, path in (("scheduler", "/v1/runs"), ("report-writer", "/v1/history/runs")):
            await services.transport(service, token).send("GET", path)


async def test_unknown_tokens_are_refused_while_config_api_is_away(own_services: OwnServices):
    services = own_services
    await services.stop("config-api")

    with pytest.raises(UnauthenticatedError):
        await services.transport("scheduler", "mlm_unknown").send("GET", "/v1/runs")
    assert (await services.scheduler.list_runs()).items == []
