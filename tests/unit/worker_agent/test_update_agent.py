"""When an agent leaves for another release, and why it does not."""

from dataclasses import dataclass, field

import pytest

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.agent_releases import AgentRelease
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.update_agent import AgentUpdater
from mlmon_worker_agent.domain.errors import ReleaseError

OWN, OTHER, THIRD = "a" * 64, "b" * 64, "c" * 64


def release(sha256: str) -> AgentRelease:
    return AgentRelease(version="2", url="https://files.example.com/agent.pyz", sha256=sha256)


@dataclass
class HostReleases:
    """What happened on a host, in its order."""

    own_sha256: str = OWN
    refused: tuple[str, ...] = ()
    fault: str = ""
    deeds: list[str] = field(default_factory=list)

    def prove(self) -> None:
        self.deeds.append("prove")

    def is_refused(self, sha256: str) -> bool:
        return sha256 in self.refused

    async def fetch(self, release: AgentRelease) -> None:
        self.deeds.append(f"fetch {release.sha256[0]}")
        if self.fault:
            raise ReleaseError(self.fault)

    def put_in_place(self, release: AgentRelease) -> None:
        self.deeds.append(f"place {release.sha256[0]}")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def updater_of(
    releases: HostReleases | None,
    clock: Clock | None = None,
    held: HeldAttempts | None = None,
) -> AgentUpdater:
    deeds = releases.deeds if releases is not None else []
    return AgentUpdater(
        releases,
        HeldAttempts(Vector(cpu_milli=1000, memory=100)) if held is None else held,
        leave=lambda: deeds.append("leave"),
        monotonic=clock or Clock(),
        spread_seconds=0 if clock is None else 60,
    )


async def test_agent_leaves_once_the_other_release_is_in_place() -> None:
    host = HostReleases()
    updater = updater_of(host)
    updater.want(release(OTHER))

    await updater.follow()

    assert host.deeds == ["prove", "fetch b", "place b", "leave"]


@pytest.mark.parametrize("wanted", [None, release(OWN)])
async def test_agent_that_is_what_is_wanted_stays(wanted: AgentRelease | None) -> None:
    host = HostReleases()
    updater = updater_of(host)
    updater.want(wanted)
    updater.want(wanted)

    await updater.follow()

    assert (host.deeds, updater.fault) == (["prove"], "")


async def test_agent_that_stops_ends_what_it_runs_in_place_of_leaving_it() -> None:
    host, held = HostReleases(), HeldAttempts(Vector(cpu_milli=1000, memory=100))
    updater = updater_of(host, held=held)
    updater.want(release(OTHER))
    held.is_draining = True

    await updater.follow()

    assert host.deeds == ["prove"]


async def test_agent_that_is_no_package_says_so() -> None:
    updater = updater_of(None)
    updater.want(release(OTHER))

    await updater.follow()

    assert "does not run from the package" in updater.fault


async def test_release_that_did_not_come_up_is_not_tried_again() -> None:
    host = HostReleases(refused=(OTHER,))
    updater = updater_of(host)
    updater.want(release(OTHER))

    await updater.follow()

    assert host.deeds == ["prove"]
    assert "did not come up" in updater.fault

    updater.want(release(THIRD))
    assert updater.fault == ""
    await updater.follow()
    assert host.deeds[1:] == ["fetch c", "place c", "leave"]


async def test_release_that_cannot_be_had_is_tried_again_later() -> None:
    host, clock = HostReleases(fault="no such file"), Clock()
    updater = updater_of(host, clock)
    updater.want(release(OTHER))
    clock.now += 60

    await updater.follow()
    await updater.follow()

    assert host.deeds == ["prove", "fetch b"]
    assert updater.fault == "no such file"

    host.fault = ""
    clock.now += 60
    await updater.follow()
    assert host.deeds[2:] == ["fetch b", "place b", "leave"]


async def test_agents_of_a_pool_do_not_fetch_at_the_same_moment() -> None:
    async def seconds_until_fetched() -> float:
        host, clock = HostReleases(), Clock()
        updater = updater_of(host, clock)
        updater.want(release(OTHER))
        began_at = clock.now
        while "fetch b" not in host.deeds:
            clock.now += 1
            await updater.follow()
        return clock.now - began_at

    delays = [await seconds_until_fetched() for _ in range(50)]

    assert max(delays) <= 61
    assert len(set(delays)) > 10
