import asyncpg
import httpx
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.testing.live_servers import live_server


async def test_valkey_is_empty_for_each_test_first(redis_client: Redis) -> None:
    assert await redis_client.dbsize() == 0
    await redis_client.set("left", "behind")


async def test_valkey_is_empty_for_each_test_second(redis_client: Redis) -> None:
    assert await redis_client.dbsize() == 0
    await redis_client.set("left", "behind")


async def test_sqlalchemy_reaches_a_database_of_its_own(postgres_dsn: str) -> None:
    engine = create_async_engine(postgres_dsn)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE only_here (id int)"))
        name = await connection.scalar(text("SELECT current_database()"))
    await engine.dispose()

    assert name.startswith("test_")


async def test_asyncpg_reaches_the_server(
    postgres_server: EmbeddedPostgres, postgres_database: str
) -> None:
    connection = await asyncpg.connect(**postgres_server.asyncpg_kwargs(postgres_database))
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname='public'")
    encoding = await connection.fetchval("SHOW server_encoding")
    await connection.close()

    assert (tables, encoding) == (0, "UTF8")


async def test_live_server_serves_an_app_on_a_real_port() -> None:
    async def hello(request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    app = Starlette(routes=[Route("/", hello)])
    async with live_server(app) as url, httpx.AsyncClient() as client:
        answer = await client.get(url)

    assert answer.text == "hello"
