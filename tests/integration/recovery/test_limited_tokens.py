"""What limited tokens see after a recovery."""

import pytest

from mlmon_shared.errors import NotFoundError
from mlmon_shared.visibility import Visibility
from tests.integration.recovery.shards import Shard
from tests.integration.recovery.test_wiped import wipe


async def test_restored_batch_is_seen_by_who_sees_all_of_its_runs(shard: Shard):
    batch_id = await shard.submit_batch([("make", "acme"), ("make", "bolt")])
    await shard.runs_of(batch_id)

    await wipe(shard)

    both = Visibility(clients=frozenset({"acme", "bolt"}))
    assert (await shard.reader.get_batch(batch_id, both)).id == batch_id
    seen = await shard.reader.list_batches(visibility=both, cursor=None, limit=50)
    assert [batch.id for batch in seen.items] == [batch_id]
    one = Visibility(clients=frozenset({"acme"}))
    with pytest.raises(NotFoundError):
        await shard.reader.get_batch(batch_id, one)
    unseen = await shard.reader.list_batches(visibility=one, cursor=None, limit=50)
    assert unseen.items == []
