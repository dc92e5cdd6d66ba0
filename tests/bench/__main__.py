"""`python -m tests.bench NAME …`: run benchmarks; `--list` names them all."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from tests.bench import cancel_batch, container_start

BENCHMARKS: Final[dict[str, Callable[[], None]]] = {
    cancel_batch.NAME: cancel_batch.main,
    container_start.NAME: container_start.main,
}


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks of these names; a goal that is missed changes no exit status."""
    if arguments == ["--list"]:
        sys.stdout.write("".join(f"{name}\n" for name in sorted(BENCHMARKS)))
        return 0
    unknown = [name for name in arguments if name not in BENCHMARKS]
    if unknown or not arguments:
        sys.stderr.write(f"bench: name one or more of {', '.join(sorted(BENCHMARKS))}, or --list\n")
        return 2
    for name in arguments:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
