from mlmon_shared.wire.rollouts import is_in_canary

CLIENTS = [f"client-{number}" for number in range(3000)]


def chosen(percent: float, job: str = "train") -> set[str]:
    return {name for name in CLIENTS if is_in_canary(job, name, percent=percent, clients=())}


def test_about_the_percentage_is_chosen():
    for percent in (1, 10, 50):
        share = 100 * len(chosen(percent)) / len(CLIENTS)

        assert abs(share - percent) < 3


def test_raising_the_percentage_keeps_those_who_are_in():
    assert chosen(1) < chosen(10) < chosen(50) < chosen(100)


def test_nobody_is_in_at_zero_and_everybody_at_a_hundred():
    assert chosen(0) == set()
    assert chosen(100) == set(CLIENTS)


def test_jobs_do_not_all_choose_the_same_clients():
    assert chosen(10, "train") != chosen(10, "score")


def test_named_clients_are_in_whatever_the_percentage():
    assert is_in_canary("train", "acme", percent=0, clients={"acme"})
