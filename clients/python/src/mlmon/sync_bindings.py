"""What the parts of `Client` ask it for."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from mlmon.async_clients import AsyncClient
from mlmon.sync_runs import Batch, Run
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument

P = ParamSpec("P")
T = TypeVar("T")


class SyncBindings:
    """Calls into the event loop, and documents with the methods of the client."""

    _inner: AsyncClient

    @abstractmethod
    def _call(
        self, method: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    @abstractmethod
    def _run(self, document: RunDocument) -> Run: ...

    @abstractmethod
    def _batch(self, document: BatchDocument) -> Batch: ...
