"""What the attempts of a run leave for the next one."""

import json
from collections.abc import Mapping

from mlmon_shared.wire.agent_protocol import Result
from mlmon_shared.wire.runs import CheckpointDocument


def checkpoints_of(fields: Mapping[str, str]) -> list[CheckpointDocument]:
    """Return the newest checkpoint of each path that a run has.

    Args:
        fields: Of the run.
    """
    kept = json.loads(fields.get("checkpoints") or "[]")
    return [CheckpointDocument.model_validate(each) for each in kept]


def merge_checkpoints(fields: Mapping[str, str], result: Result) -> str:
    """Return a run's field `checkpoints` after an attempt, which replaces those of the same path.

    Args:
        fields: Of the run before it.
        result: Of the attempt.
    """
    merged = {each.path: each for each in checkpoints_of(fields)}
    merged |= {
        each.path: CheckpointDocument(**each.model_dump(), attempt=result.attempt)
        for each in result.checkpoints
    }
    return json.dumps([each.model_dump() for each in merged.values()])
