from collections.abc import Iterator

import pytest

from mlmon_standalone.data_folders import DataFolder, open_data_folder


@pytest.fixture
def data(tmp_path) -> Iterator[DataFolder]:
    folder = open_data_folder(tmp_path / "data")
    yield folder
    folder.release()
