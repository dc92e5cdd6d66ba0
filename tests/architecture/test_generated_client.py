"""`mlmon.generated` is what `./run sdk` would write now."""

import subprocess
import sys
from pathlib import Path


def test_generated_client_is_that_of_the_api_now(root: Path, tmp_path: Path) -> None:
    made = tmp_path / "generated"
    command = [sys.executable, "clients/python/generation/generate.py", "--output", str(made)]
    subprocess.run(command, cwd=root, check=True)

    written = files_of(root / "clients" / "python" / "src" / "mlmon" / "generated")

    assert len(written) > 100
    changed = {name for name, text in files_of(made).items() ^ written.items()}
    assert not changed, f"the API has changed: run ./run sdk ({sorted(changed)})"


def files_of(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.py")}
