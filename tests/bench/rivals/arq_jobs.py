"""arq: one process, a hundred jobs at once, no results kept."""

import asyncio

from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import Worker
from starts import URL, arguments, note_start

settings = RedisSettings.from_dsn(URL)


async def nothing(_context: object) -> None:
    """Note the start."""
    note_start()


async def put(count: int) -> None:
    """Enqueue jobs."""
    pool = await create_pool(settings)
    for _ in range(count):
        await pool.enqueue_job("nothing")


if __name__ == "__main__":
    action, count = arguments()
    if action == "work":
        asyncio.set_event_loop(asyncio.new_event_loop())
        Worker(functions=[nothing], redis_settings=settings, max_jobs=100, keep_result=0).run()
    else:
        asyncio.run(put(count))
