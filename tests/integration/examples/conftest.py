import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "flight-delays"


@pytest.fixture
def load_script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Import one of the example's scripts by name; they are scripts, not a package."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield importlib.import_module
    for script in EXAMPLE.glob("*.py"):
        sys.modules.pop(script.stem, None)
