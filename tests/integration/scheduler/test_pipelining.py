"""Commands that wait at the same time travel together, and none is forgotten."""

import asyncio
import time
from itertools import product

from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.pipelining import Pipelining

STALL_SECONDS = 0.002
"""As long as a loop is kept from its sockets, so that several answers are there at once."""


async def turn_loop(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_who_asks_again_as_others_end_is_answered(redis_client: Redis):
    pipelining = Pipelining(redis_client)

    async def ask(times: int, after: int) -> None:
        await turn_loop(after)
        for _ in range(times):
            await pipelining.do("PING")

    async with asyncio.timeout(30):
        await asyncio.gather(ask(1, after=0), ask(1, after=2))
        for after, turns in product(range(1, 6), range(20)):
            asking = asyncio.gather(ask(2, after=0), ask(1, after=after))
            await turn_loop(turns)
            time.sleep(STALL_SECONDS)  # noqa: ASYNC251 - it is the loop that has to stand still
            await asking


async def test_who_has_gone_keeps_nobody_from_being_answered(redis_client: Redis):
    pipelining = Pipelining(redis_client)
    gone = [asyncio.create_task(pipelining.do("PING")) for _ in range(10)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()

    async with asyncio.timeout(30):
        assert await pipelining.do("ECHO", "here") == "here"
