import pytest

from mlmon_worker_agent.adapters.docker.engines import has_quota

MOUNTS = """/dev/sda1 / ext4 rw,relatime 0 0
/dev/sdb1 /var/lib/docker xfs rw,relatime,attr2,prjquota 0 0
/dev/sdc1 /var/lib/other xfs rw,relatime,noquota 0 0
"""


@pytest.mark.parametrize(
    ("driver", "root", "expected"),
    [
        ("overlay2", "/var/lib/docker", True),
        ("overlay2", "/var/lib/docker/deep", True),
        ("overlay2", "/var/lib/docker2", False),
        ("overlay2", "/var/lib/other", False),
        ("btrfs", "/srv", True),
        ("zfs", "/srv", True),
        ("vfs", "/var/lib/docker", False),
    ],
)
def test_quota_is_where_docker_has_it(driver: str, root: str, expected: bool):
    facts = {"Driver": driver, "DockerRootDir": root}

    assert has_quota(facts, MOUNTS) is expected
