"""Reading runs in tests that drive use cases without a server."""

from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.event_hub import EventHub
from mlmon_scheduler.application.parked_polls import ParkedPolls
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport


def live_reader(runs: RunStore, redis: Redis) -> RunReader:
    """Return a reader of live runs, whose history does not answer."""
    history = ReportWriterClient(Transport("http://nowhere.invalid", token="none"))
    return RunReader(runs, history, EventHub(redis, ParkedPolls()))
