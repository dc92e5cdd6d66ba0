"""Records of what people do, for tests that drive use cases without a server."""

from mlmon_scheduler.adapters.redis.action_log import RedisActionLog
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_shared.ids import new_id


def recorder(scripts: Scripts, runs: RunStore) -> ActionRecorder:
    """Return what records actions of no request in the event stream."""
    return ActionRecorder(RedisActionLog(scripts), runs, new_id, lambda: "")
