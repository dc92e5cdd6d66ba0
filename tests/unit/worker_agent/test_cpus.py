import itertools
import random

import pytest

from mlmon_worker_agent.domain.cpus import CpuSets, read_share, share_text


def test_whole_cpus_belong_to_one_attempt():
    cpus = CpuSets([0, 1, 2, 3])

    assert cpus.take("a", 2) == {0: 1000, 1: 1000}
    assert cpus.take("b", 1) == {2: 1000}
    assert cpus.take("c", 2) == {}
    cpus.give_back("a")
    assert cpus.take("c", 2) == {0: 1000, 1: 1000}


def test_fractions_share_one_cpu_up_to_the_whole_of_it():
    cpus = CpuSets([0, 1, 2])

    assert cpus.take("a", 0.5) == {0: 500}
    assert cpus.take("b", 0.6) == {1: 600}
    assert cpus.take("c", 0.4) == {1: 400}
    assert cpus.take("d", 1) == {2: 1000}
    assert cpus.take("e", 0.5) == {0: 500}
    assert cpus.take("f", 0.1) == {}


def test_whole_and_fraction_are_taken_together_or_not_at_all():
    cpus = CpuSets([4, 5, 6])

    assert cpus.take("a", 1.5) == {4: 1000, 5: 500}
    assert cpus.take("b", 1.6) == {}
    assert cpus.take("b", 1.5) == {6: 1000, 5: 500}


def test_a_request_too_small_to_count_has_a_cpu_all_the_same():
    assert CpuSets([0]).take("a", 0.0001) == {0: 1}


def test_cpus_that_were_had_before_a_restart_are_not_given_again():
    cpus = CpuSets([0, 1])
    cpus.restore("a", read_share("0:1000"))

    assert cpus.take("b", 1) == {1: 1000}


@pytest.mark.parametrize("text", ["", "3:1000", "0:1000,7:250"])
def test_share_survives_as_text(text: str):
    assert share_text(read_share(text)) == text


def test_no_cpu_is_ever_promised_twice():
    chance = random.Random(1)  # noqa: S311 - a workload, not a secret
    cpus, held = CpuSets(range(8)), dict[int, dict[int, int]]()
    for number in range(2000):
        if held and chance.random() < 0.5:
            gone = chance.choice(list(held))
            cpus.give_back(gone)
            del held[gone]
        elif share := cpus.take(number, chance.choice([0.1, 0.25, 0.5, 1, 1.5, 2, 4])):
            held[number] = dict(share)
        for one, other in itertools.combinations(held.values(), 2):
            own = {cpu for cpu, amount in one.items() if amount == 1000}
            assert not own & other.keys()
        for cpu in range(8):
            assert sum(share.get(cpu, 0) for share in held.values()) <= 1000
