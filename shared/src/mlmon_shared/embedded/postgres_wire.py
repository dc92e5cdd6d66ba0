"""Just enough of PostgreSQL's protocol to ask for readiness and to administer.

It needs no driver and no event loop, so a launcher and sync fixtures can use it. Only
trusted logins over a unix socket; everything else goes through asyncpg.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

PROTOCOL_3 = 3 << 16
PROBE_SECONDS = 2.0
STATEMENT_SECONDS = 60.0


class WireError(Exception):
    """The server answered with an error.

    Args:
        code: SQLSTATE, five characters.
        message: The server's text.
        is_fatal: Whether the server closes the connection, as after a refused login.
    """

    def __init__(self, code: str, message: str, *, is_fatal: bool = False) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.is_fatal = is_fatal


def accepts_logins(socket_path: Path, *, user: str) -> bool:
    """Tell whether a server takes a login now; it does not while it starts or recovers."""
    try:
        with closing(_Connection(socket_path, user, "postgres", PROBE_SECONDS)):
            return True
    except (OSError, WireError):
        return False


def execute(
    socket_path: Path, statement: str, *, user: str, database: str = "postgres"
) -> list[tuple[str | None, ...]]:
    """Run one statement in a connection of its own and return its rows as text.

    Raises:
        WireError: The server refused the login or the statement.
        OSError: The server does not answer.
    """
    with closing(_Connection(socket_path, user, database, STATEMENT_SECONDS)) as connection:
        return connection.query(statement)


def quoted_name(name: str) -> str:
    """Return an SQL identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """Return an SQL string in single quotes."""
    return "'" + text.replace("'", "''") + "'"


class _Connection:
    """One logged-in connection, ready for a query."""

    def __init__(self, socket_path: Path, user: str, database: str, timeout: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._file = self._socket.makefile("rb")
        try:
            self._socket.connect(str(socket_path))
            login = f"user\0{user}\0database\0{database}\0\0".encode()
            self._socket.sendall(struct.pack("!ii", len(login) + 8, PROTOCOL_3) + login)
            for kind, body in self._messages():
                _refuse_password(kind, body)
        except BaseException:
            self.close()
            raise

    def query(self, statement: str) -> list[tuple[str | None, ...]]:
        self._send(b"Q", statement.encode() + b"\0")
        return [_row(body) for kind, body in self._messages() if kind == b"D"]

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _send(self, kind: bytes, body: bytes) -> None:
        self._socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def _messages(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield messages until the server is ready for a query; raise what it reports."""
        failure: WireError | None = None
        while True:
            kind = self._read(1)
            (length,) = struct.unpack("!i", self._read(4))
            body = self._read(length - 4)
            if kind == b"E":
                failure = _error(body)
                if failure.is_fatal:
                    raise failure
            elif kind == b"Z":
                if failure is not None:
                    raise failure
                return
            else:
                yield kind, body

    def _read(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise ConnectionError("the server closed the connection")
        return data


def _refuse_password(kind: bytes, body: bytes) -> None:
    if kind == b"R" and body[:4] != bytes(4):
        raise WireError("28000", "the server asks for a password", is_fatal=True)


def _row(body: bytes) -> tuple[str | None, ...]:
    (count,) = struct.unpack_from("!h", body)
    offset, values = 2, list[str | None]()
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, offset)
        offset += 4
        if length < 0:
            values.append(None)
            continue
        values.append(body[offset : offset + length].decode())
        offset += length
    return tuple(values)


def _error(body: bytes) -> WireError:
    fields = {field[:1]: field[1:].decode(errors="replace") for field in body.split(b"\0") if field}
    return WireError(
        fields.get(b"C", "XX000"),
        fields.get(b"M", "unknown error"),
        is_fatal=fields.get(b"V") in {"FATAL", "PANIC"},
    )
