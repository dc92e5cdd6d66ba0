"""Names that a shell completes: asked from the server, in no more than a moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.sessions import Session, call, session_of
from mlmon.errors import MlmonError
from mlmon.profiles import list_profiles

_NAMES: Final = 200
_SECONDS: Final = 1.5


def job_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of jobs that begin so."""

    async def ask(api: AsyncClient) -> list[str]:
        page = await api.config_api.list_job_definitions(limit=_NAMES)
        return [each.name for each in page.items]

    return _beginning(context, incomplete, ask)


def client_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of clients that begin so."""

    async def ask(api: AsyncClient) -> list[str]:
        page = await api.config_api.list_clients(name=incomplete or None, limit=_NAMES)
        return [each.name for each in page.items]

    return _beginning(context, incomplete, ask)


def profile_names(incomplete: str) -> list[str]:
    """Return the names of profiles that begin so."""
    try:
        return [each.name for each in list_profiles() if each.name.startswith(incomplete)]
    except MlmonError:
        return []


def _beginning(
    context: typer.Context, incomplete: str, ask: Callable[[AsyncClient], Awaitable[list[str]]]
) -> list[str]:
    """Return what begins so; nothing where no server answers, for a shell shows no errors."""
    options = context.find_root().params
    session: Session = session_of(context)
    session.server = options.get("server")
    session.token_file = options.get("token_file")
    session.profile = options.get("profile")
    try:
        found = call(context, lambda api: asyncio.wait_for(ask(api), _SECONDS))
    except (MlmonError, OSError, TimeoutError):
        return []
    return [name for name in found if name.startswith(incomplete)]
