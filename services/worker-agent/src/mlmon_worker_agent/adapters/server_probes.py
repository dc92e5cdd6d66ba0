"""Questions of the doctor to the server; none of them begins a session."""

from collections.abc import Mapping
from datetime import datetime

from mlmon_shared.clients.agent_protocol import PROTOCOL_HEADERS
from mlmon_shared.clients.health import HealthClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import InvalidRequestError, UnauthenticatedError
from mlmon_shared.wire.registrations import InstanceIdentity
from mlmon_worker_agent.adapters.instance_identities import explain_refusal

_SECONDS = 5.0
_TRIES = 2


async def ask_time(server_url: str) -> datetime | None:
    """Return the second that the server's clock shows; None when it does not say.

    Raises:
        MlmonError: It does not answer, or not as MLMon does.
    """
    async with Transport(server_url, timeout_seconds=_SECONDS, tries=_TRIES) as transport:
        await HealthClient(transport).get_health()
        return await HealthClient(transport).find_time()


async def try_token(server_url: str, token: str) -> None:
    """Return if the scheduler takes this bootstrap token.

    It is shown with a registration that says nothing: a scheduler that takes the token then
    refuses the rest, so no agent is registered, nor one that runs put out of its session.

    Raises:
        MlmonError: It does not take the token, or does not answer.
    """
    await _show(server_url, token, {})


async def try_identity(server_url: str, identity: InstanceIdentity) -> None:
    """Return if the scheduler takes this identity; nobody is registered, as with a token.

    Raises:
        MlmonError: It does not take the identity, or does not answer.
    """
    try:
        await _show(server_url, None, {"identity": identity.model_dump()})
    except UnauthenticatedError as error:
        raise explain_refusal(error) from error


async def _show(server_url: str, token: str | None, body: Mapping[str, object]) -> None:
    async with Transport(
        server_url, token=token, timeout_seconds=_SECONDS, tries=_TRIES
    ) as transport:
        try:
            await transport.send(
                "POST", "/agent/v1/register", json=body, headers=PROTOCOL_HEADERS, repeatable=True
            )
        except InvalidRequestError:
            return
