from pathlib import Path

from mlmon_worker_agent.adapters.docker.cgroups import ControlGroup, Reading


def test_version_2_is_read_without_file_cache(tmp_path: Path):
    folder = tmp_path / "system.slice" / "docker-1.scope"
    folder.mkdir(parents=True)
    (folder / "memory.current").write_text("1000\n")
    (folder / "memory.stat").write_text("anon 500\nfile 300\nshmem 100\n")
    (folder / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    group = ControlGroup({"": "/system.slice/docker-1.scope"}, tmp_path)

    assert group.read() == Reading(memory=800, cpu_seconds=2.5)


def test_version_1_is_read_without_file_cache(tmp_path: Path):
    for controller in ("memory", "cpuacct"):
        (tmp_path / controller / "docker" / "1").mkdir(parents=True)
    memory = tmp_path / "memory" / "docker" / "1"
    (memory / "memory.usage_in_bytes").write_text("1000\n")
    (memory / "memory.stat").write_text("cache 1\ntotal_cache 300\ntotal_shmem 100\n")
    (tmp_path / "cpuacct" / "docker" / "1" / "cpuacct.usage").write_text("2500000000\n")
    group = ControlGroup({"memory": "/docker/1", "cpuacct": "/docker/1"}, tmp_path)

    assert group.read() == Reading(memory=800, cpu_seconds=2.5)


def test_group_that_is_gone_reads_as_nothing(tmp_path: Path):
    assert ControlGroup({"": "/gone"}, tmp_path).read() is None
