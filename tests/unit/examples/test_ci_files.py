import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CI = ROOT / "examples" / "ci"
SKELETONS = ROOT / "clients" / "python" / "src" / "mlmon" / "skeletons"


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", CI / "github-actions.yml"),
        ("vendor.github-workflows", SKELETONS / "every" / "ci.yml"),
        ("vendor.gitlab-ci", CI / "gitlab-ci.yml"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_ci_files_fit_the_schema_of_their_system(schema: str, file: Path) -> None:
    # The schemas come with the tool; nothing is fetched.
    more = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *more]

    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
