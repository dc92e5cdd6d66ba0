from pathlib import Path

from mlmon_worker_agent.adapters.docker.cgroups import ControlGroup, NetworkCounters, Reading


def test_version_2_is_read_without_file_cache(tmp_path: Path):
    folder = tmp_path / "system.slice" / "docker-1.scope"
    folder.mkdir(parents=True)
    (folder / "memory.current").write_text("1000\n")
    (folder / "memory.stat").write_text("anon 500\nfile 300\nshmem 100\n")
    (folder / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    group = ControlGroup({"": "/system.slice/docker-1.scope"}, tmp_path)

    assert group.read() == Reading(memory=800, cpu_seconds=2.5)
    (folder / "io.stat").write_text(
        "254:0 rbytes=1000 wbytes=20 rios=3\n254:16 rbytes=24 wbytes=0 rios=1\n"
    )
    assert group.read() == Reading(800, 2.5, disk_read=1024, disk_written=20)


def test_version_1_is_read_without_file_cache(tmp_path: Path):
    for controller in ("memory", "cpuacct"):
        (tmp_path / controller / "docker" / "1").mkdir(parents=True)
    memory = tmp_path / "memory" / "docker" / "1"
    (memory / "memory.usage_in_bytes").write_text("1000\n")
    (memory / "memory.stat").write_text("cache 1\ntotal_cache 300\ntotal_shmem 100\n")
    (tmp_path / "cpuacct" / "docker" / "1" / "cpuacct.usage").write_text("2500000000\n")
    group = ControlGroup({"memory": "/docker/1", "cpuacct": "/docker/1"}, tmp_path)

    assert group.read() == Reading(memory=800, cpu_seconds=2.5)


def test_network_of_its_own_is_counted_but_for_what_stays_inside(tmp_path: Path):
    devices = (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes packets errs drop fifo frame compressed multicast|bytes packets\n"
        "    lo: 900 1 0 0 0 0 0 0 900 1 0 0 0 0 0 0\n"
        "  eth0: 100 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n"
        "  eth1:  20 1 0 0 0 0 0 0 3 1 0 0 0 0 0 0\n"
    )
    for pid, namespace in (("7", "net:[2]"), ("8", "net:[1]"), ("self", "net:[1]")):
        (tmp_path / pid / "ns").mkdir(parents=True)
        (tmp_path / pid / "ns" / "net").symlink_to(namespace)
        (tmp_path / pid / "net").mkdir()
        (tmp_path / pid / "net" / "dev").write_text(devices)

    assert NetworkCounters(7, tmp_path).read() == (120, 10)
    # The host's own is that of everybody.
    assert NetworkCounters(8, tmp_path).read() == (None, None)
    assert NetworkCounters(9, tmp_path).read() == (None, None)


def test_group_that_is_gone_reads_as_nothing(tmp_path: Path):
    assert ControlGroup({"": "/gone"}, tmp_path).read() is None
