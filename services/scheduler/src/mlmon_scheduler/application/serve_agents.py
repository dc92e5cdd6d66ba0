"""Sessions, polls and beats of agents."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from mlmon_scheduler.application.adopt_attempts import AttemptAdopter
from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.parked_polls import ParkedPolls
from mlmon_scheduler.application.ports import LeaseStore, News, RunStore
from mlmon_scheduler.application.stored import Left
from mlmon_scheduler.domain.attempt_limits import LONGEST_BEAT_SECONDS
from mlmon_scheduler.domain.instances import explain_claim, hash_nonce
from mlmon_scheduler.domain.patience import lost_after, young_stop_after
from mlmon_scheduler.domain.shapes import offered_labels
from mlmon_scheduler.domain.signatures import AgentSession, Signer
from mlmon_shared.errors import ConflictError, ForbiddenError, StaleFenceError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.agent_protocol import (
    Beat,
    BeatAnswer,
    Grant,
    Poll,
    PollAnswer,
    Sync,
    SyncAnswer,
    Vector,
)
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.registrations import Registered, Registration

_AGENTS_PER_BEAT_SECOND: Final = 50
_RECHECK_SECONDS: Final = 5.0
_COUNT_SECONDS: Final = 1.0


class AgentServer:
    """Answers agents.

    Args:
        leases: Agents and what they hold.
        runs: For the epoch's watermark.
        configuration: For pools.
        completer: Ends attempts that are proven lost.
        adopter: Takes results, and attempts of an earlier epoch.
        signer: Of session tokens.
        news: Wakes polls that have orders.
        polls: Wakes polls that can take work.
        new_id: Of agents and sessions.
        poll_timeout_seconds: The longest that a poll is kept parked.
        accept_seconds: How long an agent may take to accept a grant.
    """

    def __init__(
        self,
        *,
        leases: LeaseStore,
        runs: RunStore,
        configuration: Configuration,
        completer: AttemptCompleter,
        adopter: AttemptAdopter,
        signer: Signer,
        news: News,
        polls: ParkedPolls,
        new_id: Callable[[], str],
        poll_timeout_seconds: float,
        accept_seconds: float,
    ) -> None:
        self._adopter = adopter
        self._accept_seconds = accept_seconds
        self._leases = leases
        self._runs = runs
        self._configuration = configuration
        self._completer = completer
        self._signer = signer
        self._news = news
        self._polls = polls
        self._new_id = new_id
        self._poll_timeout_seconds = poll_timeout_seconds
        self._counted = 0
        self._counted_at = -math.inf

    async def register_agent(self, registration: Registration, principal: Principal) -> Registered:
        """Begin a session of an agent in the pool of its bootstrap token, or of its identity.

        An instance that showed its identity is bound to the nonce in it until it is lost: who has
        a copy of its document does not get its place. A host that has booted since the session
        before has lost what it held: that is proven, and need not be waited for.

        Raises:
            ForbiddenError: The token serves no pool, or the pool is gone.
            ConflictError: The pool has as many hosts as it may have, or the agent is bound to
                another nonce.
        """
        pool = self._pool(principal.pool)
        agent_id = principal.instance_id or registration.agent_id or self._new_id()
        identity = registration.identity if principal.instance_id is not None else None
        nonce = hash_nonce(identity.nonce) if identity is not None else ""
        await self._check_hosts(pool, agent_id)
        before = await self._leases.find_agent(agent_id)
        await self._check_claim(agent_id, nonce, (before or {}).get("nonce_sha256", ""))
        # An agent of which only the leases were brought back has no boot id.
        booted = before.get("boot_id") if before is not None else None
        if booted is not None and booted != registration.boot_id:
            await self._completer.lose_attempts(
                agent_id, reason="The host was restarted.", is_proven=True
            )
        session = self._new_id()
        capacity = registration.capacity
        await self._leases.register_agent(
            agent_id,
            session,
            lost_after(pool),
            {
                "host": registration.host,
                "pool": pool.name,
                "boot_id": registration.boot_id,
                "runtime": registration.runtime,
                "agent_version": registration.agent_version,
                "labels": json.dumps(registration.labels),
                "pool_labels": json.dumps(pool.labels),
                "offered": offered_labels(registration.labels, pool.labels),
                "cpu_milli": str(capacity.cpu_milli),
                "memory": str(capacity.memory),
                "gpus": str(capacity.gpus),
                "disk": str(capacity.disk),
            },
            nonce_sha256=nonce,
        )
        return Registered(
            agent_id=agent_id,
            session=session,
            token=self._signer.session_token(AgentSession(agent_id, session, pool.name)),
            pool=pool.name,
            poll_timeout_seconds=self._poll_timeout_seconds,
            beat_interval_seconds=await self._beat_interval(pool),
            stop_after_seconds=pool.stop_after,
            kill_grace_seconds=pool.kill_grace,
        )

    async def _check_claim(self, agent_id: str, nonce: str, bound: str) -> None:
        """Refuse before anything is done to what the agent holds; the store checks once more."""
        if bound not in {"", nonce} and await self._leases.is_awaited(agent_id):
            raise ConflictError(explain_claim(agent_id))

    async def _check_hosts(self, pool: Pool, agent_id: str) -> None:
        most = pool.scaling.max_hosts
        if most is None:
            return
        alive = {
            fields["id"]
            for fields, _, deadline in await self._leases.list_agents()
            if fields["pool"] == pool.name and deadline is not None
        }
        if len(alive - {agent_id}) >= most:
            raise ConflictError(
                f"pool {pool.name} takes {most} hosts, and has them; raise its scaling.max_hosts, "
                "or stop one of its agents"
            )

    async def poll(
        self, agent: AgentSession, poll: Poll, disconnected: Awaitable[None]
    ) -> PollAnswer:
        """Return grants or directives as soon as there are any, or nothing when time is up.

        Args:
            agent: Who asks.
            poll: What it has free.
            disconnected: Done when the caller is gone: nothing is leased to it any more.

        Raises:
            UnauthenticatedError: The session is not the agent's newest.
        """
        pool = self._pool(agent.pool)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(poll.timeout_seconds, self._poll_timeout_seconds)
        gone = asyncio.ensure_future(disconnected)
        room = poll.free if poll.maximum > 0 else Vector()
        async with AsyncExitStack() as stack:
            news = await stack.enter_async_context(self._news.listen(f"agent:{agent.agent_id}"))
            parked = stack.enter_context(self._polls.park(pool.name, room, news))
            gone.add_done_callback(lambda _: news.set())
            while not gone.done():
                self._polls.begin_look(pool.name, parked)
                directives, lease = await asyncio.gather(
                    self._leases.find_directives(agent.agent_id),
                    self._leases.lease(
                        agent.agent_id,
                        agent.session,
                        poll_seq=poll.poll_seq,
                        free=poll.free,
                        maximum=poll.maximum,
                        images=poll.images,
                    ),
                )
                self._polls.end_look(parked, is_granted=bool(lease.runs), left=lease.left)
                left = deadline - loop.time()
                # A poll that was answered before gets nothing new, however long it waits.
                is_answer = directives or lease.runs or lease.left is Left.REPLAYED
                if is_answer or left <= 0 or self._news.is_stopping:
                    grants = [
                        Grant(
                            run_id=run.run_id,
                            attempt=run.attempt,
                            fence=run.fence,
                            resources=run.vector,
                            granted_at=lease.accept_by - timedelta(seconds=self._accept_seconds),
                            accept_by=lease.accept_by,
                            stop_after_seconds=pool.stop_after,
                            young_stop_after_seconds=young_stop_after(pool),
                            kill_grace_seconds=pool.kill_grace,
                        )
                        for run in lease.runs
                    ]
                    return PollAnswer(grants=grants, directives=directives)
                try:
                    # A lost wake-up must not keep work waiting, so look now and then.
                    async with asyncio.timeout(min(left, await self._recheck_seconds())):
                        await news.wait()
                except TimeoutError:
                    continue
        return PollAnswer()

    async def beat(self, agent: AgentSession, beat: Beat) -> BeatAnswer:
        """Take a sign of life and answer with orders.

        Raises:
            UnauthenticatedError: The session is not the agent's newest.
        """
        pool = self._pool(agent.pool)
        outcome, epoch, watermark, interval = await asyncio.gather(
            self._leases.beat(
                agent.agent_id,
                agent.session,
                beat.held,
                deadline_seconds=lost_after(pool),
                is_draining=beat.is_draining,
                gpu_faults=beat.gpu_faults,
                refusal=beat.refusal,
                update_fault=beat.update_fault,
            ),
            self._runs.find_open_epoch(),
            self._runs.watermark(),
            self._beat_interval(pool),
        )
        return BeatAnswer(
            directives=list(outcome.directives),
            epoch=epoch or 0,
            durable_watermark=watermark,
            next_beat_seconds=interval,
            agent_release=pool.agent_release,
        )

    async def sync(self, agent: AgentSession, sync: Sync) -> SyncAnswer:
        """Take all that an agent holds and has finished; the rest is lost.

        While runs are still being brought back only the sign of life is taken, and the answer
        names no epoch, so that the agent comes again.

        Raises:
            UnauthenticatedError: The session is not the agent's newest.
        """
        pool = self._pool(agent.pool)
        epoch = await self._runs.find_open_epoch()
        if epoch is None:
            return await self._acknowledge(agent, pool)
        answers = (await self._adopter.complete_attempts(sync.results, agent)).answers
        adoption = await self._adopter.adopt_held(agent, sync.held)
        outcome = await self._leases.beat(
            agent.agent_id,
            agent.session,
            sync.held,
            deadline_seconds=lost_after(pool),
            is_draining=False,
            is_full=True,
        )
        for run_id in outcome.not_held:
            await self._completer.lose_attempt(
                run_id,
                agent.agent_id,
                reason="The agent was restarted and no longer had the attempt.",
                is_proven=True,
            )
        return SyncAnswer(
            directives=list(outcome.directives),
            answers=answers,
            epoch=epoch,
            durable_watermark=await self._runs.watermark(),
            adopted_at=adoption.position,
        )

    async def _acknowledge(self, agent: AgentSession, pool: Pool) -> SyncAnswer:
        await self._leases.beat(
            agent.agent_id,
            agent.session,
            [],
            deadline_seconds=lost_after(pool),
            is_draining=False,
        )
        return SyncAnswer(epoch=0, durable_watermark=await self._runs.watermark())

    async def check_holder(self, agent: AgentSession, attempt_id: str) -> None:
        """Refuse what an agent says about an attempt that was not leased to it.

        Raises:
            StaleFenceError: It was leased to another, or is no longer known.
            StoreUnavailableError: It is not known, and a recovery goes on.
        """
        holder = await self._leases.find_holder(attempt_id)
        if holder is None:
            await self._runs.check_known()
        if holder != agent.agent_id:
            raise StaleFenceError(f"attempt {attempt_id} is not this agent's")

    async def drain(self, agent: AgentSession) -> None:
        """Grant the agent nothing more."""
        pool = self._pool(agent.pool)
        await self._leases.beat(
            agent.agent_id,
            agent.session,
            [],
            deadline_seconds=lost_after(pool),
            is_draining=True,
        )

    async def deregister(self, agent: AgentSession) -> None:
        """End the session; what the agent still held is lost."""
        await self._completer.lose_attempts(
            agent.agent_id, reason="The agent left while it held the attempt.", is_proven=True
        )
        await self._leases.forget_deadline(agent.agent_id, is_leaving=True)

    async def _recheck_seconds(self) -> float:
        # As rare as beats would be without their limit: a large fleet must not ask all the time.
        return max(_RECHECK_SECONDS, await self._count_agents() / _AGENTS_PER_BEAT_SECOND)

    async def _beat_interval(self, pool: Pool) -> float:
        agents = await self._count_agents()
        wanted = min(max(1.0, agents / _AGENTS_PER_BEAT_SECOND), LONGEST_BEAT_SECONDS)
        return min(wanted, pool.stop_after / 4)

    async def _count_agents(self) -> int:
        """Return how many agents there are, as of a second ago: intervals need no more."""
        now = asyncio.get_running_loop().time()
        if now >= self._counted_at + _COUNT_SECONDS:
            self._counted_at = now
            self._counted = await self._leases.count_agents()
        return self._counted

    def _pool(self, name: str | None) -> Pool:
        if name is None:
            raise ForbiddenError("this token names no pool; make one with scope agent and a pool")
        pool = self._configuration.catalog.pools.get(name)
        if pool is None:
            raise ForbiddenError(f"the pool {name} does not exist")
        return pool
