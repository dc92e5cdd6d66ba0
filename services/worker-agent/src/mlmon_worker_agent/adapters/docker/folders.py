"""The folder of a container's attempt on the host."""

import json
import os
import stat
from pathlib import Path
from typing import Final

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_worker_agent.adapters.docker import containers
from mlmon_worker_agent.adapters.docker.users import ContainerUser
from mlmon_worker_agent.adapters.scratch_folders import remove_folder
from mlmon_worker_agent.application.ports import AttemptFolders
from mlmon_worker_agent.domain.attempts import AttemptRef

_LEASE: Final = "lease.json"


def make_folders(folders: AttemptFolders, spec: AttemptSpec, owner: ContainerUser | None) -> None:
    """Make an attempt's folders, empty.

    Args:
        folders: Whatever is there already is removed.
        spec: Its parameters are written, and whose folder it is.
        owner: Gets the output folder; None when the container runs as the agent's user.
    """
    remove_folder(folders.root)
    # Others on the host get no further than here, whatever the modes below.
    folders.root.mkdir(mode=0o700)
    (folders.root / "mlmon").mkdir()
    folders.inputs.mkdir()
    folders.outputs.mkdir(mode=0o700)
    if owner is not None:
        os.chown(folders.outputs, owner.uid, owner.gid)
    lease = {"run_id": spec.run_id, "attempt": spec.attempt, "fence": spec.fence}
    (folders.root / _LEASE).write_text(json.dumps(lease))
    (folders.root / "mlmon" / containers.PARAMS).write_text(json.dumps(spec.params))


def read_lease(root: Path) -> AttemptRef | None:
    """Return whose folder it is; None when it does not say."""
    try:
        lease = json.loads((root / _LEASE).read_bytes())
        return AttemptRef(lease["run_id"], lease["attempt"], lease["fence"])
    except (OSError, ValueError, KeyError):
        return None


def make_readable(shared: Path) -> None:
    """Let the container's user read what the agent has put there, whatever its umask is."""
    shared.chmod(0o755)
    (shared / containers.PARAMS).chmod(0o644)
    for folder, _, names in os.walk(shared / "in"):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o444)
