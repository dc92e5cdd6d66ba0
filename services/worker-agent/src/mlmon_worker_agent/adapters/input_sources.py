"""Open what inputs are fetched from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mlmon_shared.outbound_targets import Network, SystemResolver, TargetRules
from mlmon_worker_agent.adapters.input_caches import FolderInputCache
from mlmon_worker_agent.adapters.web_files import HttpsFiles
from mlmon_worker_agent.application.fetch_inputs import InputSources


@asynccontextmanager
async def open_input_sources(
    cache: Path,
    *,
    cache_limit: int,
    may_link: bool,
    limit: int,
    timeout_seconds: float,
    networks: tuple[Network, ...],
) -> AsyncIterator[InputSources]:
    """Yield the sources of inputs; see the agent's settings.

    Args:
        cache: Folder of what is kept.
        cache_limit: Bytes of it.
        may_link: Whether attempts cannot write to their inputs.
        limit: Bytes of one file.
        timeout_seconds: For one try.
        networks: Which may be called although they are not public.
    """
    rules = TargetRules(networks, setting="MLMON_AGENT_INPUT_NETWORKS")
    web = HttpsFiles(rules, SystemResolver())
    try:
        yield InputSources(
            FolderInputCache(cache, limit=cache_limit, may_link=may_link),
            web,
            limit=limit,
            timeout_seconds=timeout_seconds,
        )
    finally:
        await web.aclose()
