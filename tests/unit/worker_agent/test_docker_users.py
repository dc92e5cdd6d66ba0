import pytest

from mlmon_worker_agent.adapters.docker.users import NOBODY, ContainerUser, resolve_user

PASSWD = "root:x:0:0::/root:/bin/sh\njob:x:10001:10002::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n"
GROUP = "root:x:0:\nscience:x:20000:\n"


@pytest.mark.parametrize("configured", ["", "root", "0", "0:0", "toor", "root:science"])
def test_root_becomes_nobody(configured: str):
    assert resolve_user(configured, PASSWD, GROUP) == NOBODY


@pytest.mark.parametrize(
    ("configured", "user"),
    [
        ("job", ContainerUser(10001, 10002)),
        ("10001", ContainerUser(10001, 10002)),
        ("job:science", ContainerUser(10001, 20000)),
        ("job:77", ContainerUser(10001, 77)),
        ("4711", ContainerUser(4711, 4711)),
        ("4711:12", ContainerUser(4711, 12)),
    ],
)
def test_names_become_numbers(configured: str, user: ContainerUser):
    assert resolve_user(configured, PASSWD, GROUP) == user


@pytest.mark.parametrize("configured", ["ghost", "job:ghosts"])
def test_name_that_the_image_lacks_is_unknown(configured: str):
    assert resolve_user(configured, PASSWD, GROUP) is None


def test_damaged_accounts_are_passed_over():
    assert resolve_user("job", "job\njob:x:none\n", "") is None
