"""`python -m tests.bench NAME [OPTIONS] …`: run benchmarks; `--list` names them all."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from tests.bench import (
    agent,
    agents,
    cancel_batch,
    catalog,
    container_start,
    drain,
    idle,
    idle_agent,
    lease,
    submit,
)

BENCHMARKS: Final[dict[str, Callable[[Sequence[str]], None]]] = {
    agent.NAME: agent.main,
    agents.NAME: agents.main,
    cancel_batch.NAME: cancel_batch.main,
    catalog.NAME: catalog.main,
    container_start.NAME: container_start.main,
    drain.NAME: drain.main,
    idle.NAME: idle.main,
    idle_agent.NAME: idle_agent.main,
    lease.NAME: lease.main,
    submit.NAME: submit.main,
}


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks of these names; a goal that is missed changes no exit status.

    Options that follow a name are that benchmark's; `NAME --help` lists them.
    """
    if arguments == ["--list"]:
        sys.stdout.write("".join(f"{name}\n" for name in sorted(BENCHMARKS)))
        return 0
    calls = _calls(arguments)
    unknown = [name for name, _ in calls if name not in BENCHMARKS]
    if unknown or not calls:
        sys.stderr.write(f"bench: name one or more of {', '.join(sorted(BENCHMARKS))}, or --list\n")
        return 2
    for name, options in calls:
        BENCHMARKS[name](options)
    return 0


def _calls(arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return each benchmark that is named, with the options after it."""
    calls: list[tuple[str, list[str]]] = []
    for word in arguments:
        if word in BENCHMARKS or not calls:
            calls.append((word, []))
        else:
            calls[-1][1].append(word)
    return calls


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
