"""The keys of Lua and of Python, compared by a real Valkey."""

import pytest
from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.keys import TEMPLATES, key, lua_prelude


@pytest.mark.parametrize("name", TEMPLATES)
async def test_lua_names_each_key_as_python_does(redis_client: Redis, name: str):
    arguments = [f"argument-{number}" for number in range(TEMPLATES[name].count("?"))]
    words = ", ".join(f"ARGV[{number + 1}]" for number in range(len(arguments)))
    script = f"{lua_prelude()}\nreturn key.{name}({words})"

    found = await redis_client.eval(script, 0, *arguments)

    assert found == key(name, *arguments)
