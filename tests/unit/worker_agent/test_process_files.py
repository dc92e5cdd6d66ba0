import json
from pathlib import Path

from mlmon_worker_agent.adapters.process.files import write_json


def test_reserve_becomes_the_file(tmp_path: Path):
    reserve = tmp_path / "reserve"
    reserve.write_bytes(bytes(4096))
    inode = reserve.stat().st_ino

    write_json(tmp_path / "status.json", {"state": "exited"}, reserve=reserve)

    written = tmp_path / "status.json"
    assert json.loads(written.read_bytes()) == {"state": "exited"}
    assert written.stat().st_ino == inode
    assert list(tmp_path.iterdir()) == [written]
