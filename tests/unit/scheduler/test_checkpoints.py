"""Of each path the newest checkpoint counts."""

import json

from mlmon_scheduler.domain.checkpoints import checkpoints_of, merge_checkpoints
from mlmon_shared.wire.agent_protocol import Result
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.states import AttemptState


def result(attempt: int, *paths: str) -> Result:
    return Result(
        run_id="run",
        attempt=attempt,
        fence=f"1.{attempt}",
        event_id=str(attempt),
        state=AttemptState.FAILED,
        checkpoints=[ArtifactDocument(path=path, size=attempt, sha256="0" * 64) for path in paths],
    )


def test_newer_checkpoint_takes_the_place_of_the_older_one_of_its_path() -> None:
    fields = {"checkpoints": merge_checkpoints({}, result(1, "a", "b"))}
    fields = {"checkpoints": merge_checkpoints(fields, result(3, "b", "c"))}

    found = {each.path: each.attempt for each in checkpoints_of(fields)}
    assert found == {"a": 1, "b": 3, "c": 3}
    assert len(json.loads(fields["checkpoints"])) == 3


def test_run_without_the_field_has_none() -> None:
    assert checkpoints_of({}) == []
    assert checkpoints_of({"checkpoints": ""}) == []
