"""Agents that speak the protocol over real HTTP and execute nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4

from tests.bench.raw_http import HungUpError, RawConnection

_PROTOCOL: Final = b"MLMon-Protocol: 1\r\n"
_TRIES: Final = 3
_CAPACITY: Final = {"cpu_milli": 64_000, "memory": 512 * 2**30, "gpus": 0, "disk": 0}


@dataclass
class SimulatedAgent:
    """One agent on one connection, for one thing at a time.

    Attributes:
        agent_id: Given by the scheduler.
        beat_seconds: How long to wait between beats, as the scheduler wants it.
    """

    address: tuple[str, int]
    token: str
    name: str = "bench"
    agent_id: str | None = None
    session: str = ""
    beat_seconds: float = 1.0
    boot_id: str = field(default_factory=lambda: uuid4().hex)
    _connection: RawConnection | None = None
    _head: bytes = b""
    _poll_seq: int = 0

    async def register(self) -> None:
        """Connect and begin a session."""
        if self._connection is not None:
            self._connection.close()
        self._connection = await RawConnection.open(*self.address)
        head = _PROTOCOL + f"Authorization: Bearer {self.token}\r\n".encode()
        registered = await self._connection.post(
            "/agent/v1/register",
            head,
            {
                "agent_id": self.agent_id,
                "host": self.name,
                "boot_id": self.boot_id,
                "capacity": _CAPACITY,
                "runtime": "process",
                "agent_version": "bench",
            },
        )
        self.agent_id = registered["agent_id"]
        self.session = registered["session"]
        self.beat_seconds = registered["beat_interval_seconds"]
        self._head = _PROTOCOL + f"Authorization: Bearer {registered['token']}\r\n".encode()
        self._poll_seq = 0

    async def poll(self, maximum: int, *, timeout_seconds: float = 25.0) -> Any:
        """Ask for work; return the answer."""
        self._poll_seq += 1
        return await self.post(
            "/agent/v1/poll",
            {
                "session": self.session,
                "poll_seq": self._poll_seq,
                "free": _CAPACITY,
                "maximum": maximum,
                "timeout_seconds": timeout_seconds,
            },
        )

    async def accept(self, grant: dict[str, Any]) -> Any:
        """Accept a grant; return the spec."""
        return await self.post(
            f"/agent/v1/runs/{grant['run_id']}/accept",
            {"session": self.session, "attempt": grant["attempt"], "fence": grant["fence"]},
        )

    async def accept_all(self, grants: Sequence[dict[str, Any]]) -> None:
        """Accept grants in one request."""
        wanted = [
            {name: grant[name] for name in ("run_id", "attempt", "fence")} for grant in grants
        ]
        answer = await self.post("/agent/v1/accept", {"session": self.session, "grants": wanted})
        refused = [each for each in answer["answers"] if each["status"] != "accepted"]
        if refused:
            raise RuntimeError(f"an accept was refused: {refused[0]}")

    async def succeed(self, grants: Sequence[dict[str, Any]]) -> None:
        """Report that attempts ended well."""
        results = [
            {
                "run_id": grant["run_id"],
                "attempt": grant["attempt"],
                "fence": grant["fence"],
                "event_id": f"{grant['run_id']}.{grant['attempt']}",
                "state": "succeeded",
                "exit_code": 0,
                "phases": {"prepare": 0.1, "run": 1.0, "finish": 0.1},
            }
            for grant in grants
        ]
        answer = await self.post("/agent/v1/results", {"session": self.session, "results": results})
        refused = [each for each in answer["answers"] if each["status"] != "accepted"]
        if refused:
            raise RuntimeError(f"a result was refused: {refused[0]}")

    async def beat(self, held: Sequence[dict[str, Any]]) -> Any:
        """Give a sign of life; return the answer."""
        return await self.post("/agent/v1/beat", {"session": self.session, "held": _attempts(held)})

    async def sync(self, held: Sequence[dict[str, Any]]) -> Any:
        """Say all that is held after a registration; return the answer."""
        return await self.post(
            "/agent/v1/sync", {"session": self.session, "held": _attempts(held), "results": []}
        )

    async def post(self, path: str, body: object) -> Any:
        """Send a request of this session."""
        if not self.session:
            raise RuntimeError("register first")
        for _ in range(_TRIES):
            if self._connection is None:
                self._connection = await RawConnection.open(*self.address)
            try:
                return await self._connection.post(path, self._head, body)
            except HungUpError:
                # The server closes what was idle; every message may be repeated.
                self._connection = None
        raise HungUpError(f"{path}: hung up {_TRIES} times")

    def twin(self) -> "SimulatedAgent":
        """Return the same session on another connection, for beats beside a parked poll."""
        return replace(self, _connection=None)

    def close(self) -> None:
        """Hang up without a word."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _attempts(held: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "run_id": grant["run_id"],
            "attempt": grant["attempt"],
            "fence": grant["fence"],
            "phase": "running",
            "usage": {},
        }
        for grant in held
    ]


async def registered(
    address: tuple[str, int], token: str, count: int, *, at_once: int = 20
) -> list[SimulatedAgent]:
    """Return so many agents with a session each."""
    agents = [SimulatedAgent(address, token, name=f"host-{number}") for number in range(count)]
    for start in range(0, count, at_once):
        await asyncio.gather(*(agent.register() for agent in agents[start : start + at_once]))
    return agents
