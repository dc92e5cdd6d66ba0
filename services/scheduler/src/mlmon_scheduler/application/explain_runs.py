"""Say what holds a run, its place, and when it is expected to start and end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.expected_starts import (
    Span,
    left_of,
    slots_on,
    start_after,
    start_within_quota,
    when_enough_end,
    when_last_ends,
)
from mlmon_scheduler.application.explain_edges import explain_edge, still_needed, summarise_edges
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.queue_facts import (
    AgentFacts,
    FactStore,
    GateFacts,
    OpenEdge,
    QueueFacts,
)
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.watch_deadlines import DeadlineWatcher
from mlmon_scheduler.domain.durations import Estimate
from mlmon_scheduler.domain.forecasts import place_of, remaining_seconds, runs_ahead
from mlmon_scheduler.domain.gates import PAUSED
from mlmon_scheduler.domain.placements import (
    explain_agents,
    explain_preference,
    explain_room,
    fitting_agents,
    spills_at_ms,
)
from mlmon_scheduler.domain.shapes import pools_of, vector_of
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.explanations import Explanation, Forecast, Hindrance, HindranceKind
from mlmon_shared.wire.records import from_milliseconds
from mlmon_shared.wire.states import FINAL_RUN_STATES, Lane, RunState

_EDGES: Final = 20
_DEPTH: Final = 5
_NAMED_HOLDERS: Final = 3
_SAMPLED_MEMBERS: Final = 64
"""Of a fan-in; the members that are final say nothing of what is to come."""
_FORECAST_MEMBERS: Final = 8


@dataclass(frozen=True)
class Finding:
    """What was found out about a run."""

    summary: str
    hindrances: Sequence[Hindrance] = ()
    place: int | None = None
    starts: Span | None = None
    ends: Span | None = None


class RunExplainer:
    """Explains runs from what the store has at this moment; changes nothing.

    Args:
        runs: Live runs.
        facts: What holds them.
        reader: For runs that are final.
        configuration: For measured durations and pools.
        deadlines: Judges deadlines.
        spill_seconds: When a run may start in a pool that is not its first choice.
    """

    def __init__(
        self,
        runs: RunStore,
        facts: FactStore,
        reader: RunReader,
        configuration: Configuration,
        deadlines: DeadlineWatcher,
        *,
        spill_seconds: float,
    ) -> None:
        self._runs = runs
        self._facts = facts
        self._reader = reader
        self._configuration = configuration
        self._deadlines = deadlines
        self._spill_seconds = spill_seconds

    async def explain_run(self, run_id: str, visibility: Visibility = EVERYTHING) -> Explanation:
        """Return why the run is where it is.

        Args:
            run_id: Of a run that is seen.
            visibility: Of who asks; others' runs are not told of.

        Raises:
            NotFoundError: There is no such run.
        """
        now_ms = await self._runs.now_ms()
        live = await self._runs.find_run(run_id)
        deadline = None
        if live is None or live.fields["state"] in FINAL_RUN_STATES:
            document = await self._reader.get_run(run_id)
            reason = f": {document.reason}" if document.reason else "."
            finding = Finding(f"The run is final; it {_ended(document.state)}{reason}")
            state, estimate = document.state, Estimate()
        else:
            estimate = self._estimate(live.fields)
            finding = await self._find(live.fields, estimate, now_ms, depth=_DEPTH)
            state = RunState(live.fields["state"])
            finding = replace(finding, summary=finding.summary + _explain_expiry(live.fields))
            if live.fields.get("deadline"):
                deadline = await self._deadlines.explain(run_id)
        explanation = Explanation(
            run=run_id,
            state=state,
            summary=finding.summary,
            hindrances=list(finding.hindrances),
            place=finding.place,
            starts=_forecast(finding.starts, now_ms),
            ends=_forecast(finding.ends, now_ms),
            deadline=deadline,
            measured_runs=estimate.count,
            as_of=from_milliseconds(now_ms),
        )
        return await self._reader.visible.redact_explanation(explanation, visibility)

    def _estimate(self, fields: Mapping[str, str]) -> Estimate:
        known = self._configuration.catalog.estimates.get((fields["job"], int(fields["version"])))
        if known is not None:
            return known
        mean, p90 = float(fields.get("estimate") or 0), float(fields.get("p90") or 0)
        return Estimate(mean, mean, p90)

    async def _find(
        self, fields: Mapping[str, str], estimate: Estimate, now_ms: int, *, depth: int
    ) -> Finding:
        state = RunState(fields["state"])
        if state in {RunState.LEASED, RunState.RUNNING, RunState.CANCELLING}:
            return await self._explain_running(fields, state, estimate, now_ms)
        if state is RunState.HELD:
            detail = f"{fields.get('reason') or 'It is held.'} Release it to let it go on."
            held = Hindrance(kind=HindranceKind.HELD, detail=detail)
            return Finding(f"Held: {fields.get('reason') or 'by hand.'}", [held])
        if state is RunState.BLOCKED:
            finding = await self._explain_blocked(fields, now_ms, depth=depth)
        elif state is RunState.DELAYED:
            finding = _explain_delayed(fields, now_ms)
        elif state is RunState.PARKED:
            finding = await self._explain_parked(fields, estimate, now_ms)
        else:
            finding = await self._explain_queued(fields, estimate, now_ms)
        if finding.starts is None:
            return finding
        ends = finding.starts.plus(estimate.p50, estimate.p90)
        return Finding(finding.summary, finding.hindrances, finding.place, finding.starts, ends)

    async def _explain_running(
        self, fields: Mapping[str, str], state: RunState, estimate: Estimate, now_ms: int
    ) -> Finding:
        (held,) = await self._facts.read_held([fields["id"]])
        elapsed = (now_ms - held.started_ms) / 1000
        ends = Span(
            remaining_seconds(elapsed, estimate.p50), remaining_seconds(elapsed, estimate.p90)
        )
        where = f"attempt {fields['attempt']} in pool {fields.get('pool', '')}"
        if state is RunState.LEASED:
            return Finding(f"It was granted to an agent and begins now: {where}.", ends=ends)
        if state is RunState.CANCELLING:
            return Finding(f"It is being cancelled: {fields.get('reason') or where}.")
        return Finding(f"It runs: {where}, for {_duration(elapsed)} so far.", ends=ends)

    async def _explain_blocked(
        self, fields: Mapping[str, str], now_ms: int, *, depth: int
    ) -> Finding:
        edges = await self._facts.read_edges(fields["id"], _EDGES)
        hindrances = [explain_edge(edge, fields["client"]) for edge in edges.sample]
        starts = None
        if depth > 0 and len(edges.sample) == edges.count:
            ends = [await self._find_end(edge, now_ms, depth=depth - 1) for edge in edges.sample]
            starts = when_enough_end(ends, still_needed(fields, edges.count))
        summary = summarise_edges(fields, hindrances, edges.count)
        return Finding(summary, hindrances, starts=starts)

    async def _find_end(self, edge: OpenEdge, now_ms: int, *, depth: int) -> Span | None:
        """Return when this parent ends, or None where nothing says that."""
        if edge.parent.startswith("g:"):
            return await self._find_last_end(edge, now_ms, depth=depth)
        if "client" not in edge.fields or edge.fields.get("state") in FINAL_RUN_STATES:
            return None
        estimate = self._estimate(edge.fields)
        return (await self._find(edge.fields, estimate, now_ms, depth=depth)).ends

    async def _find_last_end(self, group: OpenEdge, now_ms: int, *, depth: int) -> Span | None:
        """Return when the last member of a fan-in ends, as far as some of them let expect."""
        expected = group.fields.get("expected", "")
        if depth <= 0 or not expected.isdecimal():
            return None
        left = int(expected) - int(group.fields.get("final") or 0)
        members = await self._facts.sample_members(group.parent[2:], _SAMPLED_MEMBERS)
        open_ones = [run for run in members if run["state"] not in FINAL_RUN_STATES]
        ends: list[Span] = []
        for member in open_ones[:_FORECAST_MEMBERS]:
            found = await self._find(member, self._estimate(member), now_ms, depth=depth - 1)
            if found.ends is None:
                return None
            ends.append(found.ends)
        return when_last_ends(ends, left)

    async def _explain_parked(
        self, fields: Mapping[str, str], estimate: Estimate, now_ms: int
    ) -> Finding:
        if (why := await self._facts.read_breaker(fields.get("parked_at", ""))) is not None:
            version = f"{fields['job']} {fields['version']}"
            detail = f"{why} `mlmon breakers close {version}` lets its runs start again."
            stop = Hindrance(kind=HindranceKind.GATE, detail=detail, gate=fields["parked_at"])
            return Finding(f"Parked: the breaker of {version} is open.", [stop])
        gates = await self._facts.read_gates(fields)
        full = [gate for gate in gates if gate.gate == fields.get("parked_at")]
        others = [
            gate
            for gate in gates
            if gate not in full and gate.used + gate.amount > (gate.capacity or 0)
        ]
        hindrances = [_explain_gate(gate) for gate in full + others]
        if not full:
            return Finding("It is being let in at its gate.", hindrances)
        (gate,) = full
        cost = float(fields["share"]) * estimate.mean
        place = place_of(gate.own, gate.runs_before, cost, gate.rivals, now_ms)
        starts = None
        if gate.capacity is not None and gate.capacity >= gate.amount:
            held = await self._facts.read_held(gate.holders)
            starts = start_after(
                [(0.0, 0.0)] * max(0, (gate.capacity - gate.used) // gate.amount)
                + [left_of(attempt, now_ms) for attempt in held],
                place - 1,
                estimate,
            )
        return Finding(
            f"Parked: {place}. in turn at the gate {gate.gate}, which is full.",
            hindrances,
            place,
            starts,
        )

    async def _explain_caps(self, agents: Sequence[AgentFacts], lane: Lane) -> list[Hindrance]:
        """Return the pools in which others go before runs of a lane now."""
        caps = await self._facts.read_caps(sorted({agent.pool for agent in agents}), lane)
        return [
            Hindrance(
                kind=HindranceKind.ORDER,
                detail=(
                    f"Runs of lane {lane} hold {cap.share_taken:.0%} of pool {cap.pool}, whose "
                    f"share for them is {cap.share:.0%}: other lanes go first until one of them "
                    "ends."
                ),
            )
            for cap in caps
            if cap.is_reached
        ]

    async def _explain_queued(
        self, fields: Mapping[str, str], estimate: Estimate, now_ms: int
    ) -> Finding:
        queue = await self._facts.read_queue(fields)
        pools = pools_of(fields["class"])
        agents = await self._facts.read_agents(pools)
        cost = float(fields["share"]) * estimate.mean
        place = place_of(queue.own, queue.runs_before, cost, queue.rivals, now_ms)
        if queue.limit == PAUSED:
            detail = f"{fields['client']} is paused; its runs start once it is resumed"
            paused = Hindrance(kind=HindranceKind.PAUSED, detail=f"{detail}.")
            return Finding(f"Queued: {detail}.", [paused], place)
        if (at_quota := _explain_quota(fields, queue)) is not None:
            held = await self._facts.read_held(list(queue.holders))
            held = [
                replace(attempt, vector=vector)
                for attempt, vector in zip(held, queue.holders.values(), strict=True)
            ]
            needed = vector_of(fields["shape"])
            starts = start_within_quota(
                queue.quota, needed, held, now_ms, before=queue.runs_before, estimate=estimate
            )
            quota = Hindrance(kind=HindranceKind.QUOTA, detail=f"{at_quota}.")
            return Finding(f"Queued: {at_quota}.", [quota], place, starts)
        useful = fitting_agents(fields["shape"], agents)
        if not useful:
            known = self._configuration.catalog.pools
            return Finding(*explain_agents(fields, pools, agents, known), place=place)
        hindrances = []
        if place > 1:
            runs = "1 run goes" if place == 2 else f"{place - 1} runs go"  # noqa: PLR2004
            detail = f"{runs} before it in lane {fields['effective_lane']}."
            hindrances.append(Hindrance(kind=HindranceKind.ORDER, detail=detail))
        slots = slots_on(fields["shape"], useful, now_ms)
        has_room = any(first == 0 for first, _ in slots)
        if not has_room:
            agent_id = (await self._facts.read_reservations()).get(fields["id"])
            kept = next((agent.host for agent in useful if agent.id == agent_id), None)
            hindrances.append(explain_room(fields["shape"], useful, kept))
        preference = explain_preference(fields, useful, now_ms, self._spill_seconds)
        hindrances += preference
        lane = Lane(fields["effective_lane"])
        hindrances += await self._explain_caps(useful, lane)
        if fields.get("avoid"):
            detail = f"It failed on {fields['avoid']} and avoids it for a while."
            hindrances.append(Hindrance(kind=HindranceKind.AVOIDED_HOST, detail=detail))
        ahead = runs_ahead(place, lane, dict(queue.queued_by_lane))
        summary = f"Queued: {place}. in turn in lane {lane}"
        room = "" if has_room else ", and no agent has room now"
        starts = start_after(slots, ahead, estimate)
        if preference and starts is not None:
            spills = max(0.0, (spills_at_ms(fields, self._spill_seconds) - now_ms) / 1000)
            starts = starts.at_least(Span(spills, spills))
        return Finding(f"{summary}{room}.", hindrances, place, starts)


def _explain_quota(fields: Mapping[str, str], queue: QueueFacts) -> str | None:
    """Say, without a full stop, which quota keeps the client's runs from starting, if one does."""
    if queue.limit and queue.running >= queue.limit:
        return (
            f"{fields['client']} runs {queue.running} at once, which is its quota; it goes on "
            "when one of them ends, or when the quota is raised"
        )
    excess = queue.quota.explain_excess(queue.held, vector_of(fields["shape"]))
    return None if excess is None else f"{fields['client']} is at its quota: {excess}"


def _forecast(span: Span | None, now_ms: int) -> Forecast | None:
    if span is None:
        return None
    now = from_milliseconds(now_ms)
    return Forecast(p50=now + timedelta(seconds=span.p50), p90=now + timedelta(seconds=span.p90))


def _explain_expiry(fields: Mapping[str, str]) -> str:
    """Say by when a run must have started, if it must and has not."""
    if not fields.get("start_by") or fields.get("started_at"):
        return ""
    when = from_milliseconds(fields["start_by"]).isoformat(timespec="seconds")
    return f" It expires unless it has started by {when}."


def _explain_delayed(fields: Mapping[str, str], now_ms: int) -> Finding:
    ready_ms = int(fields.get("not_before") or now_ms)
    why = "Not before its time: ready"
    if fields.get("attempt"):
        why = f"Tried again after this: {(fields.get('reason') or 'A failure').rstrip('.')}. Ready"
    detail = f"{why} at {from_milliseconds(ready_ms).isoformat(timespec='seconds')}."
    wait = max(0.0, (ready_ms - now_ms) / 1000)
    hindrance = Hindrance(kind=HindranceKind.TIME, detail=detail)
    return Finding(f"Delayed: {_lower(detail)}", [hindrance], starts=Span(wait, wait))


def _explain_gate(gate: GateFacts) -> Hindrance:
    if gate.capacity is None:
        detail = f"{gate.gate} is not configured, so nothing is let in."
    elif gate.capacity < gate.amount:
        detail = f"{gate.gate} has a capacity of {gate.capacity}, and it asks for {gate.amount}."
    else:
        named = ", ".join(gate.holders[:_NAMED_HOLDERS])
        detail = f"{gate.gate} is full: {gate.used} of {gate.capacity} are taken, by {named}."
    return Hindrance(kind=HindranceKind.GATE, detail=detail, gate=gate.gate)


def _ended(state: RunState) -> str:
    return {
        RunState.CANCELLED: "was cancelled",
        RunState.SKIPPED: "was skipped",
        RunState.EXPIRED: "expired",
    }.get(state, state.value)


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
