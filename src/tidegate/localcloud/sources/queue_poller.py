"""The pollers of SQS event source mappings."""

import asyncio
import json
from functools import partial

from tidegate.localcloud.awslambda.errors import LambdaError
from tidegate.localcloud.awslambda.invoker import Event
from tidegate.localcloud.awslambda.mappings import Mapping, MappingState
from tidegate.localcloud.awslambda.service import LambdaService
from tidegate.localcloud.emulated import MotoServices
from tidegate.localcloud.sources import queues
from tidegate.localcloud.sources.batches import succeeded

# A send wakes the pollers at once; this is how soon a message is seen whose visibility timeout ran out, in seconds.
TICK_SECONDS = 0.5
# AWS Lambda developer guide, "Using Lambda with Amazon SQS": it begins with five batches at once.
BATCHES_AT_ONCE = 5

_PUTS_MESSAGES = frozenset({"", "SendMessage", "SendMessageBatch", "ChangeMessageVisibility", "StartMessageMoveTask"})


class QueuePoller:
    """Feeds functions from queues, for every enabled mapping."""

    def __init__(self, functions: LambdaService, moto: MotoServices, account: str) -> None:
        self._functions = functions
        self._moto = moto
        self._account = account
        self._wake = asyncio.Event()
        self._running: dict[str, set[asyncio.Task[None]]] = {}
        self._main: asyncio.Task[None] | None = None
        moto.after("sqs", self._told)
        moto.after("events", self._told)

    async def start(self) -> None:
        """Begin to poll."""
        self._main = asyncio.create_task(self._poll_forever())

    async def stop(self) -> None:
        """End polling; batches at work are given up."""
        tasks = [task for batch in self._running.values() for task in batch]
        if self._main is not None:
            tasks.append(self._main)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _told(self, operation: str) -> None:
        if operation in _PUTS_MESSAGES or operation == "PutEvents":
            self._wake.set()

    async def _poll_forever(self) -> None:
        control = self._functions.control
        while True:
            self._wake.clear()
            for mapping in control.mappings.all(control.clock()):
                if mapping.state is MappingState.ENABLED:
                    self._begin(mapping)
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _begin(self, mapping: Mapping) -> None:
        running = self._running.setdefault(mapping.uuid, set())
        if len(running) >= BATCHES_AT_ONCE:
            return
        task = asyncio.create_task(self._feed(mapping))
        running.add(task)
        task.add_done_callback(running.discard)

    async def _feed(self, mapping: Mapping) -> None:
        """Receive and hand over until the queue is empty."""
        while batch := await self._gather(mapping):
            await self._hand_over(mapping, batch)

    async def _gather(self, mapping: Mapping) -> list[queues.Message]:
        batch: list[queues.Message] = []
        deadline = asyncio.get_running_loop().time() + mapping.window
        while True:
            most = mapping.batch_size - len(batch)
            found = await self._moto.run(partial(queues.receive, self._account, mapping.queue_arn, most))
            # A message may come again while a batch is gathered; then only its later receipt deletes it.
            batch = list({message.id: message for message in (*batch, *found)}.values())
            remaining = deadline - asyncio.get_running_loop().time()
            if not batch or len(batch) >= mapping.batch_size or remaining <= 0:
                return batch
            await asyncio.sleep(min(TICK_SECONDS, remaining))

    async def _hand_over(self, mapping: Mapping, batch: list[queues.Message]) -> None:
        payload = json.dumps({"Records": [message.record for message in batch]}).encode()
        handles = {message.id: message.handle for message in batch}
        try:
            result = await self._functions.invoke(Event(mapping.function, payload))
        except LambdaError:
            # Throttled, or the function is not ready: AWS tries again after the visibility timeout.
            return
        done = succeeded(
            list(handles), result.outcome.payload, failed=result.outcome.failed, reports=mapping.report_failures
        )
        if done:
            deleted = [handles[one] for one in done]
            await self._moto.run(lambda: queues.delete(self._account, mapping.queue_arn, deleted))
