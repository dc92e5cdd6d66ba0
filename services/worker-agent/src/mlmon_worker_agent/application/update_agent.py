"""Put another release of the agent in its own place, and stay the one before where that fails."""

import random
from collections.abc import Callable
from typing import Protocol

import structlog

from mlmon_shared.wire.agent_releases import UPDATE_FAULT_LIMIT, AgentRelease
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.domain.errors import ReleaseError

log = structlog.get_logger()


class Releases(Protocol):
    """The releases on this host, of which the installed command starts one."""

    @property
    def own_sha256(self) -> str:
        """Of the package that this agent runs from."""

    def prove(self) -> None:
        """Note that this release came up, so that it is kept; drop what nobody goes back to."""

    def is_refused(self, sha256: str) -> bool:
        """Say whether that release was started here, and did not come up."""

    async def fetch(self, release: AgentRelease) -> None:
        """Have the package on this host, and see that it starts.

        Raises:
            ReleaseError: It cannot be had, is another file, or does not start.
        """

    def put_in_place(self, release: AgentRelease) -> None:
        """Have the command start that release from now on, for a trial.

        Raises:
            ReleaseError: The folder cannot be written.
        """


class AgentUpdater:
    """Follows what the pool names.

    Nothing is drained: attempts outlive an agent, and the next one adopts them.

    Args:
        releases: None where the agent is not installed as a package.
        held: Says whether the agent is stopping: what it runs is its to end then.
        leave: Ends this process as if it were killed, so that the command starts the other
            release.
        monotonic: Returns seconds.
        spread_seconds: Each agent waits for some of them by chance, so that the hosts of a pool do
            not all fetch at once; and after a failure again.
    """

    def __init__(
        self,
        releases: Releases | None,
        held: HeldAttempts,
        *,
        leave: Callable[[], None],
        monotonic: Callable[[], float],
        spread_seconds: float,
    ) -> None:
        self._releases = releases
        self._held = held
        self._leave = leave
        self._monotonic = monotonic
        self._spread_seconds = spread_seconds
        self._due_at = 0.0
        self._wanted: AgentRelease | None = None
        self._is_proven = False
        self.fault = ""

    def want(self, release: AgentRelease | None) -> None:
        """Note what an answer of the scheduler names; that there is one proves this release."""
        if self._releases is not None and not self._is_proven:
            self._releases.prove()
            self._is_proven = True
        if release != self._wanted:
            self.fault = ""
            self._put_off()
        self._wanted = release

    async def follow(self) -> None:
        """Do what the last answer wants; without a fault this ends the process."""
        release, releases = self._wanted, self._releases
        if release is None or self._held.is_draining or self._monotonic() < self._due_at:
            return
        self._put_off()
        if releases is None:
            self._tell("it does not run from the package, so it cannot put another in its place")
            return
        if release.sha256 == releases.own_sha256:
            return
        if releases.is_refused(release.sha256):
            self._tell(
                f"{release.version} was started here and did not come up, so this is the one "
                "before; name another release, or have it tried again (docs/agents.md)"
            )
            return
        log.info("fetching another release", version=release.version, sha256=release.sha256)
        try:
            await releases.fetch(release)
            if self._wanted != release or self._held.is_draining:
                return
            releases.put_in_place(release)
        except ReleaseError as error:
            self._tell(error.detail)
            return
        log.info("leaving for another release", version=release.version, sha256=release.sha256)
        self._leave()

    def _put_off(self) -> None:
        spread = random.uniform(0, self._spread_seconds)  # noqa: S311 - no secret
        self._due_at = self._monotonic() + spread

    def _tell(self, fault: str) -> None:
        if fault != self.fault:
            log.warning("not the release of the pool", reason=fault)
        self.fault = fault[:UPDATE_FAULT_LIMIT]
