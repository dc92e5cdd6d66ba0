"""Run a module's `main` until it ends, or until the parent does.

`python -m mlmon_standalone.with_parent MODULE`: standard input is a pipe from the parent;
when it is closed, this process gets a SIGTERM.
"""

import os
import runpy
import signal
import sys
import threading


def _follow_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    module = sys.argv[1]
    sys.argv = [module]
    threading.Thread(target=_follow_parent, daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
