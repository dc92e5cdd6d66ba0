"""What the use cases need of the outside."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from mlmon_scheduler.application.agent_ports import AgentRegistry
from mlmon_scheduler.application.stored import (
    Acceptance,
    AttemptEnding,
    BatchChange,
    BeatOutcome,
    Completion,
    Lease,
    LiveBatch,
    LiveRun,
    NewBatch,
    NewRun,
    OpenBreaker,
    OverdueAttempt,
    Refusal,
)
from mlmon_scheduler.domain.lanes import PoolCaps
from mlmon_scheduler.domain.quotas import ClientLimits
from mlmon_scheduler.domain.reservations import Reservation
from mlmon_shared.errors import StaleFenceError
from mlmon_shared.wire.agent_protocol import Directive, Held, Vector
from mlmon_shared.wire.runs import RunDocument


class BatchChangeStore(Protocol):
    """What is being done to all runs of batches that wait, until it is done."""

    async def ask(self, batch_id: str, change: BatchChange) -> None:
        """Remember a change in the place of an earlier one of the same aspect."""

    async def list_batches(self) -> list[str]:
        """Return the batches of which something is still to be changed, oldest first."""

    async def list_changes(self, batch_id: str) -> list[BatchChange]:
        """Return what is still to be changed; at most one of each aspect."""
        ...

    async def note(self, batch_id: str, change: BatchChange, done: int | None) -> None:
        """Remember how far a change is, or, for None, that it is done.

        A change that another one has taken the place of stays gone.
        """

    async def settle(self, batch_id: str) -> None:
        """Strike a batch off the list if nothing of it is to be changed."""


class RunStore(Protocol):
    """Live runs and batches."""

    async def now_ms(self) -> int:
        """Return the store's own time."""

    async def save_spec(self, job: str, version: int, definition: str) -> None:
        """Keep the definition that live runs of this version use."""

    async def find_spec(self, job: str, version: int) -> str | None:
        """Return a kept definition."""

    async def read_durations(self, versions: Sequence[tuple[str, int]]) -> list[dict[int, int]]:
        """Return a histogram (bucket to runs) for each, of the job's while the version has none."""

    async def claim_key(self, token: str, key: str, request_hash: str, new_id: str) -> str:
        """Return the id that this idempotency key stands for.

        Raises:
            IdempotencyConflictError: The key was used with another body.
        """

    async def enqueue(self, runs: Sequence[NewRun]) -> int:
        """Create runs that do not exist yet; return how many were new.

        Raises:
            InvalidRequestError: A parent does not exist.
        """

    async def list_unsealed(self, limit: int) -> list[str]:
        """Return runs whose edges are still being added, oldest first."""

    async def add_edges(
        self, run_id: str, added: int, edges: Sequence[tuple[str, str]], *, is_last: bool
    ) -> int:
        """Add edges to a run that is not sealed; the last seal it.

        Args:
            run_id: Which.
            added: Edges that it has already; if it has others, nothing is changed.
            edges: At most `EDGES_A_CALL`.
            is_last: Whether these are the last.

        Returns:
            Edges that it has now, -1 once it waits no more.
        """

    async def spool_items(self, spool_id: str, runs: Sequence[NewRun]) -> None:
        """Put items aside for a batch that is not opened yet."""

    async def open_batch(self, batch: NewBatch, spool_id: str) -> None:
        """Take a batch whose items are spooled: from here on it will be loaded."""

    async def list_loading(self) -> list[str]:
        """Return the batches that are being loaded, oldest first."""

    async def load_items(self, batch_id: str, limit: int) -> tuple[int, list[str]]:
        """Enqueue the next spooled items; return how many are enqueued in all, and their ids.

        A repeat is harmless. Nothing is noted: see `note_loaded`.

        Raises:
            InvalidRequestError: A parent does not exist.
        """

    async def note_loaded(self, batch_id: str, loaded: int) -> None:
        """Remember how many items are enqueued in all."""

    async def ask_to_cancel(self, batch_id: str, reason: str) -> None:
        """Remember that all of a batch is to be cancelled, what is still to be loaded too."""

    async def list_cancelling(self) -> list[str]:
        """Return the batches that are still to be cancelled, the first asked for first."""

    async def note_cancelled(self, batch_id: str, below: int) -> None:
        """Remember that of a batch only the places below are still to be cancelled; 0: none."""

    async def list_batch_places(self, batch_id: str, *, start: int, below: int) -> list[str]:
        """Return ids of a batch's runs from that place to before the other, in order."""

    async def seal_batch(self, batch_id: str) -> None:
        """End the loading of a batch."""

    async def find_run(self, run_id: str) -> LiveRun | None:
        """Return a run that is live or not yet forgotten."""

    async def find_runs(self, run_ids: Sequence[str]) -> list[LiveRun | None]:
        """Return runs in the same order."""

    async def find_fields(self, run_ids: Sequence[str]) -> list[Mapping[str, str] | None]:
        """Return the fields of runs, without their attempts, in the same order."""

    async def find_jobs(self, run_ids: Sequence[str]) -> list[str | None]:
        """Return the jobs of runs that are live or ended lately, in the same order."""

    async def list_live(self, *, before: str | None, limit: int) -> list[str]:
        """Return ids of runs that are not final, newest first, older than `before`."""

    async def list_batch_runs(self, batch_id: str, *, start: int, limit: int) -> list[str]:
        """Return ids of a batch's runs in order of submission."""

    async def find_batch(self, batch_id: str) -> LiveBatch | None:
        """Return a batch that is not yet forgotten."""

    async def list_batches(self, *, before: str | None, limit: int) -> list[str]:
        """Return ids of batches, newest first, older than `before`."""

    async def list_members(self, group_id: str) -> list[str]:
        """Return ids of a group's runs."""

    async def add_members(self, group_id: str, run_ids: Sequence[str]) -> None:
        """Make runs that have ended members of a group that is not opened yet."""

    async def list_children(self, run_ids: Sequence[str]) -> list[list[str]]:
        """Return, of each run, those outside its batch that wait or waited on it."""

    async def find_states(self, run_ids: Sequence[str]) -> list[str | None]:
        """Return the states of runs that are live or ended lately, in the same order."""

    async def knows_latest(self, client: str, job: str) -> bool:
        """Tell whether the client's newest run of the job is known."""

    async def remember_latest(self, run: RunDocument, finished_at: datetime) -> None:
        """Remember a finished run as its client's newest of the job, unless one is known."""

    async def find_published(self, client: str, job: str) -> Mapping[str, str] | None:
        """Return `run`, `attempt` and `artifacts` of the newest run that published."""

    async def cancel(self, run_ids: Sequence[str], reason: str) -> list[str | None]:
        """Cancel runs; return the state of each, None for one that is not live."""

    async def hold(self, run_ids: Sequence[str], reason: str) -> list[str | None]:
        """Hold runs that wait; return the state of each, None for one that is not live."""

    async def release(self, run_ids: Sequence[str]) -> list[str | None]:
        """Release held runs; return the state of each, None for one that is not live."""

    async def reprioritise(self, run_ids: Sequence[str], priority: int) -> list[str | None]:
        """Change the priority of runs that wait; return the state of each, None for no run."""

    async def fan_out(self, limit: int) -> tuple[int, int]:
        """Tell dependants; return edges resolved and what is left to be fanned out."""

    async def promote_delayed(self, limit: int) -> tuple[int, float | None]:
        """Queue what is due; return how many, and seconds until the next."""

    async def expire_starts(self, limit: int) -> int:
        """Expire runs whose start deadline has passed; return how many deadlines were due."""

    async def find_open_epoch(self) -> int | None:
        """Return the epoch in force, once its runs are there."""

    async def check_known(self) -> None:
        """Refuse to call anything unknown while a recovery may still bring it back.

        Raises:
            StoreUnavailableError: There is a recovery, or no epoch.
        """

    async def watermark(self) -> str:
        """Return the newest event that is in history, `0-0` for none."""

    async def trim_events(self, *, keep_seconds: float) -> None:
        """Delete events that are in history and older than that, all but the newest."""

    async def forget(self, limit: int) -> int:
        """Delete runs that are final and in history; return how many."""


class QueueStore(Protocol):
    """What decides the order of the queue, beside the runs themselves."""

    async def configure_clients(self, clients: Sequence[ClientLimits]) -> int:
        """Take name, weight and limit of runs at once (0: none); return how many changed."""

    async def configure_resources(self, resources: Sequence[tuple[str, int]]) -> None:
        """Take capacities of named resources, and let in what there is room for now."""

    async def cap_lanes(self, pools: Sequence[PoolCaps]) -> None:
        """Take what share of each pool lanes may hold before others go first."""

    async def reserve(self, reservations: Sequence[Reservation]) -> int:
        """Keep these agents, and no others; return how many are kept."""

    async def admit(self, limit: int) -> int:
        """Let in what so many full gates have room for now; return how many runs."""

    async def inherit(self, limit: int) -> tuple[int, int]:
        """Raise what waiting runs wait on; return runs raised and what is left to be looked at."""


class LeaseStore(AgentRegistry, Protocol):
    """Agents and what they hold."""

    async def lease(
        self,
        agent_id: str,
        session: str,
        *,
        poll_seq: int,
        free: Vector,
        maximum: int,
        images: Sequence[str] = (),
    ) -> Lease:
        """Grant the next runs that fit.

        Args:
            agent_id: Who asks.
            session: Its newest.
            poll_seq: The same again is answered as before.
            free: What it has free.
            maximum: Of grants.
            images: Marks of images that are on its host.

        Raises:
            UnauthenticatedError: The session is not the agent's newest.
        """

    async def find_directives(self, agent_id: str) -> list[Directive]:
        """Return the orders that wait for an agent."""

    async def accept(
        self, agent_id: str, grants: Sequence[Acceptance]
    ) -> list[StaleFenceError | None]:
        """Turn grants into running attempts.

        Returns:
            For each, in order: None, also if it was accepted before; or why it cannot be: it
            expired, was cancelled, or never was.
        """

    async def beat(
        self,
        agent_id: str,
        session: str,
        held: Sequence[Held],
        *,
        deadline_seconds: float,
        is_draining: bool,
        is_full: bool = False,
        gpu_faults: Mapping[str, str] | None = None,
        refusal: str | None = None,
        update_fault: str | None = None,
    ) -> BeatOutcome:
        """Take a sign of life; what is known of faults and refusals stays where nothing is said.

        Raises:
            UnauthenticatedError: The session is not the agent's newest.
        """

    async def complete(self, endings: Sequence[AttemptEnding]) -> list[Completion | Refusal]:
        """Record how attempts of different runs ended.

        Returns:
            For each, in order: what became of it; or an error if the attempt was lost, was
            superseded, is another agent's, or would have succeeded without being accepted.
        """

    async def look(self) -> tuple[str, int]:
        """Return the name of the store's present process, and its time in milliseconds."""

    async def expire_grants(self, limit: int, *, heard_since_ms: int) -> int:
        """Return overdue grants to the queue."""

    async def expire_timeouts(self, limit: int) -> tuple[int, list[OverdueAttempt]]:
        """Have overdue attempts killed; return how many were due, and those to be ended."""

    async def list_expired_agents(self, limit: int, *, heard_since_ms: int) -> list[str]:
        """Return agents whose deadline has passed."""

    async def find_holder(self, attempt_id: str) -> str | None:
        """Return the agent that an attempt is or was leased to, while its run is kept."""

    async def list_held(self, agent_id: str) -> list[str]:
        """Return ids of the runs that an agent holds."""

    async def label_agent(self, agent_id: str, labels: Mapping[str, str], offered: str) -> None:
        """Let an agent offer other labels; nothing happens to one that is gone.

        Args:
            agent_id: Whose.
            labels: Of its pool.
            offered: All that it offers, as `domain.shapes.offered_labels` writes it.
        """

    async def drain_agent(self, agent_id: str, who: str | None) -> None:
        """Grant an agent nothing more because somebody says so; None ends that.

        Raises:
            NotFoundError: No such agent is registered.
        """

    async def release_agent(self, agent_id: str, who: str) -> None:
        """End an agent's quarantine, if it is in one.

        Raises:
            NotFoundError: No such agent is registered.
        """

    async def forget_deadline(self, agent_id: str, *, is_leaving: bool) -> bool:
        """Stop waiting for an agent that holds nothing; False when it does, or is alive."""


class BreakerStore(Protocol):
    """Breakers of versions of jobs."""

    async def list_open_breakers(self) -> list[OpenBreaker]:
        """Return the breakers that are open, by job and version."""

    async def close_breaker(self, job: str, version: int, who: str) -> bool:
        """Close a breaker; False when it is not open."""


class News(Protocol):
    """Wakes who waits for a change.

    Attributes:
        is_stopping: This replica stops; whoever waits should answer what there is.
    """

    is_stopping: bool

    def listen(self, *topics: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Yield an event that is set at each piece of news about one of the topics.

        Args:
            *topics: `run:<id>`, `batch:<id>`, `agent:<id>`.
        """
