"""config-api, report-writer and scheduler as they are, each on a port of its own."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

import argon2
import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import mlmon_config_api.app
import mlmon_report_writer.app
import mlmon_scheduler.app
from mlmon_config_api.adapters.passwords import Argon2Hasher
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_scheduler.adapters.redis.event_hub import EventHub
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.domain.signatures import Signer
from mlmon_scheduler.settings import SchedulerSettings
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.sealing import encode_key, public_key_of
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument, BatchSubmission
from mlmon_shared.wire.registrations import InstanceIdentity
from mlmon_shared.wire.runs import RunDocument, RunSubmission
from tests.instance_metadata import Signed, authority
from tests.integration.scheduler.http.agents import FakeAgent

ADMIN = "admin-secret"
SERVICE = "service-secret"
PRIVATE_KEY = bytes(range(32, 64))
SIGNING_KEY = "a signing key of at least 32 characters"
QUICK_HASHER = Argon2Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""The real one takes 0.2 s and all cores."""
NONCE = "n" * 43
"""Of agents that register by an identity."""
_KEPT = {"ep", "fence", "events", "snapshot", "spec", "watermark", "bundle_alive"}
"""Keys that belong to the epoch and to the catalog; without its stream it would be recovered."""
_OF_BATCHES = {"batch", "batches", "final_batches", "group", "members"}


@dataclass(frozen=True)
class Seeds:
    """What every test finds in config-api.

    Attributes:
        config_database: Name of the database to copy.
        reports_database: Name of the database to copy.
        tokens: Secrets by the name of the token.
    """

    config_database: str
    reports_database: str
    tokens: Mapping[str, str]


class Services:
    """The three services; each can be stopped while the others go on."""

    def __init__(
        self,
        seeds: Seeds,
        databases: tuple[str, str],
        *,
        redis_url: str,
        folder: Path,
        http: httpx.AsyncClient,
    ) -> None:
        self._config_url, self._reports_url = databases
        self.redis_url = redis_url
        self._secrets_key_file = folder / "secrets.key"
        self._secrets_key_file.write_text(encode_key(bytes(range(32))))
        self._certificates_file = folder / "instances.pem"
        self._certificates_file.write_bytes(authority().pem)
        self._logs_redis_url = redis_url.replace("db=0", "db=1")
        self._stacks: dict[str, AsyncExitStack] = {}
        self._apps: dict[str, FastAPI] = {}
        self.artifacts_folder = folder / "artifacts"
        self.tokens = seeds.tokens
        self.http = http
        self.urls: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        await self.start_config_api()
        await self.start_report_writer()
        await self.start_scheduler()
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in reversed(list(self._stacks)):
            await self.stop(name)

    @property
    def url(self) -> str:
        """Of the scheduler."""
        return self.urls["scheduler"]

    @property
    def one_of_each(self) -> dict[str, str]:
        """URLs by service, without the replicas that some tests add."""
        return {name: self.urls[name] for name in ("config-api", "report-writer", "scheduler")}

    @property
    def scheduler(self) -> SchedulerClient:
        return self.client("submitter")

    @property
    def config_api(self) -> ConfigApiClient:
        return ConfigApiClient(self.transport("config-api", ADMIN))

    @property
    def history(self) -> ReportWriterClient:
        return ReportWriterClient(self.transport("report-writer", SERVICE))

    def client(self, holder: str) -> SchedulerClient:
        return SchedulerClient(self.transport("scheduler", self.tokens[holder]))

    def transport(self, service: str, token: str | None, *, tries: int = 1) -> Transport:
        return Transport(self.urls[service], token=token, http=self.http, tries=tries)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = "submitter",  # noqa: S107 - a name
        **options: Any,
    ) -> httpx.Response:
        """Send the scheduler a request as it is, which a typed client could not make."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(token, token)}"
        return await self.http.request(method, self.url + path, headers=headers, **options)

    async def submit(self, job: str = "echo", client: str = "acme", **fields: Any) -> RunDocument:
        return await self.scheduler.submit_run(RunSubmission(job=job, client=client, **fields))

    async def submit_batch(
        self, items: list[dict[str, Any]], *, idempotency_key: str | None = None, **fields: Any
    ) -> BatchDocument:
        submission = BatchSubmission.model_validate({"items": items, **fields})
        return await self.scheduler.submit_batch(submission, idempotency_key=idempotency_key)

    async def agent(self, pool: str = "cpu", **facts: Any) -> FakeAgent:
        return await FakeAgent(self.url, self.tokens[f"agent-{pool}"], self.http).register(**facts)

    async def instance_agent(
        self, signed: Signed, *, pool: str = "cpu", nonce: str = NONCE, **facts: Any
    ) -> FakeAgent:
        """Register without a token, by the identity of an instance."""
        identity = InstanceIdentity(
            document=signed.document, signature=signed.signature, pool=pool, nonce=nonce
        )
        return await FakeAgent(self.url, None, self.http).register(identity=identity, **facts)

    async def run_of(self, batch: BatchDocument, key: str) -> RunDocument:
        """Return an item's run once the batch is loaded that far."""

        async def find() -> RunDocument | None:
            page = await self.scheduler.list_runs(batch=batch.id, limit=200)
            return next((run for run in page.items if run.key == key), None)

        return await eventually(find)

    async def forget_everything(self) -> None:
        """Delete runs, batches and agents, once history has caught up."""
        async with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            await eventually(lambda: _is_drained(redis), describe="history has every event")
            names = [str(name) async for name in redis.scan_iter(count=1000)]
            doomed = [name for name in names if name.split(":")[1] not in _KEPT]
            if doomed:
                await redis.delete(*doomed)
        engine = create_async_engine(self._reports_url, poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.execute(text("TRUNCATE runs, attempts, batches, webhook_deliveries"))
        await engine.dispose()

    async def forget_runs(self) -> None:
        """Delete from Redis all that tells of a run, as it is days after its end."""
        async with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            await eventually(lambda: _is_drained(redis), describe="history has every event")
            async for name in redis.scan_iter(count=1000):
                if str(name).split(":")[1] in {"run", "attempt", "done", "finals"}:
                    await redis.delete(name)

    async def forget_batches(self) -> None:
        """Delete from Redis all that tells of runs and batches, as it is days after their end."""
        await self.forget_runs()
        async with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            async for name in redis.scan_iter(count=1000):
                if str(name).split(":")[1] in _OF_BATCHES:
                    await redis.delete(name)

    async def rewind_schedule(self, job: str, seconds: float) -> None:
        """Have the slots of so long be still to come for a schedule that was seen already."""
        async with Redis.from_url(self.redis_url, decode_responses=True) as redis:

            async def state() -> str | None:
                packed = await redis.hget(key("schedules"), job)
                return str(packed) if packed is not None else None

            slot, _, signature = (await eventually(state)).partition("|")
            earlier = int(slot) - round(seconds * 1000)
            await redis.hset(key("schedules"), job, f"{earlier}|{signature}")

    async def limit_memory(self, share: float) -> None:
        """Have the store be that full; 0 for no limit."""
        async with Redis.from_url(self.redis_url) as redis:
            used = int((await redis.info("memory"))["used_memory"])
            await redis.config_set("maxmemory", round(used / share) if share else 0)

    async def forget_logs(self) -> None:
        """Delete every log tail, as it is an hour after its last line."""
        async with Redis.from_url(self._logs_redis_url) as redis:
            await redis.flushdb()

    def signed_upload(self, attempt_id: str, path: str, *, expires_ms: int) -> str:
        """Return the URL of an upload that was granted until then."""
        signature = Signer(SIGNING_KEY).sign_transfer("PUT", attempt_id, path, expires_ms)
        return f"/agent/v1/artifacts/{attempt_id}/{path}?expires={expires_ms}&signature={signature}"

    async def start_config_api(self) -> None:
        settings = ConfigApiSettings(
            database_url=self._config_url,
            admin_token=SecretStr(ADMIN),
            service_token=SecretStr(SERVICE),
            secrets_key_file=self._secrets_key_file,
            scheduler_public_key=encode_key(public_key_of(PRIVATE_KEY)),
            webhook_networks=(ip_network("127.0.0.0/8"),),
            webhook_allow_http=True,
            failures_per_second=0,
        )
        app = mlmon_config_api.app.create_app(settings, hasher=QUICK_HASHER)
        await self._serve("config-api", app)

    async def start_report_writer(self) -> None:
        settings = ReportWriterSettings.model_validate(
            {
                "database_url": self._reports_url,
                "redis_url": self.redis_url,
                "config_api_url": self.urls["config-api"],
                "service_token": SERVICE,
                "wait_seconds": 0.05,
                "webhook_networks": "127.0.0.0/8",
                "webhook_allow_http": True,
                "failures_per_second": 0,
            }
        )
        await self._serve("report-writer", mlmon_report_writer.app.create_app(settings))

    async def start_scheduler(self, name: str = "scheduler", **changed: object) -> None:
        """Start one; a further replica has another name."""
        values = {
            "redis_url": self.redis_url,
            "logs_redis_url": self._logs_redis_url,
            "config_api_url": self.urls["config-api"],
            "report_writer_url": self.urls["report-writer"],
            "service_token": SERVICE,
            "signing_key": SIGNING_KEY,
            "secrets_key": encode_key(PRIVATE_KEY),
            "artifacts_folder": self.artifacts_folder,
            "instance_certificates_file": self._certificates_file,
            # Tests try many tokens that are none.
            "failures_per_second": 0,
            **changed,
        }
        settings = SchedulerSettings.model_validate(values)
        await self._serve(name, mlmon_scheduler.app.create_app(settings))

    async def stop(self, name: str) -> None:
        """Stop a service as its server would."""
        self._apps[name].state.begin_stop()
        await self._stacks.pop(name).aclose()

    async def is_ready(self, name: str) -> bool:
        response = await self.http.get(f"{self.urls[name]}/readyz")
        return response.is_success

    def app_state(self, name: str) -> Any:
        """Return what a service's app keeps for its routes."""
        return self._apps[name].state

    def is_awaited(self, topic: str) -> bool:
        """Tell whether a request is parked in the scheduler for news of the topic."""
        hub: EventHub = self._apps["scheduler"].state.hub
        return topic in hub._waiters

    async def _serve(self, name: str, app: FastAPI) -> None:
        self._apps[name] = app
        stack = AsyncExitStack()
        self._stacks[name] = stack
        self.urls[name] = await stack.enter_async_context(live_server(app))
        await eventually(lambda: self.is_ready(name), describe=f"{name} is ready")


class OwnServices(Services):
    """Services on a Valkey that the test may stop."""

    def __init__(
        self,
        seeds: Seeds,
        databases: tuple[str, str],
        *,
        valkey: EmbeddedValkey,
        folder: Path,
        http: httpx.AsyncClient,
    ) -> None:
        super().__init__(seeds, databases, redis_url=valkey.url, folder=folder, http=http)
        self.valkey = valkey


async def _is_drained(redis: Redis) -> bool:
    epoch = await redis.hget(key("ep"), "epoch")
    newest: Any = await redis.xrevrange(key("events", epoch), count=1)
    return not newest or await redis.get(key("watermark", epoch)) == newest[0][0]
