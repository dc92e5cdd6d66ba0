"""What the commands of one invocation share: the global options, and a client when needed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.problems import complain

T = TypeVar("T")


@dataclass
class Session:
    """The global options.

    Attributes:
        transport: How requests travel, when not over the network.
    """

    server: str | None = None
    token_file: Path | None = None
    profile: str | None = None
    transport: httpx.AsyncBaseTransport | None = None


def session_of(context: typer.Context) -> Session:
    """Return the session of this invocation, a new one at its beginning."""
    return context.ensure_object(Session)


def call(context: typer.Context, work: Callable[[AsyncClient], Awaitable[T]]) -> T:
    """Run some work with a client on the chosen server, and close the client."""
    session = session_of(context)

    def open_client(http: httpx.AsyncClient | None) -> AsyncClient:
        return AsyncClient(
            session.server, token_file=session.token_file, profile=session.profile, http=http
        )

    async def run() -> T:
        if session.transport is None:
            async with open_client(None) as client:
                return await _work(client, work)
        async with (
            httpx.AsyncClient(transport=session.transport) as http,
            open_client(http) as client,
        ):
            return await _work(client, work)

    return asyncio.run(run())


async def _work(client: AsyncClient, work: Callable[[AsyncClient], Awaitable[T]]) -> T:
    result = await work(client)
    if client.stale_as_of is not None:
        complain(f"warning: the server's database is away; this was true at {client.stale_as_of}")
    return result
