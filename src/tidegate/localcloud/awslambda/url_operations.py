"""Operations on function URLs: request in, state changed, answer out."""

import secrets
from collections.abc import Awaitable, Callable

from tidegate.localcloud.awslambda import answers, urls
from tidegate.localcloud.awslambda.control import Answer, Call, Control, page
from tidegate.localcloud.awslambda.function import Function, FunctionUrl
from tidegate.localcloud.awslambda.names import FunctionName
from tidegate.localcloud.awslambda.requests import CreateUrlBody, UpdateUrlBody

Listen = Callable[[FunctionName, str], Awaitable[str]]


class UrlOperations:
    """The HTTP endpoints of functions.

    Args:
        listen: Opens a listener for a function, given the id of its URL; returns the address.
    """

    def __init__(self, control: Control, listen: Listen) -> None:
        self._control = control
        self._names = control.names
        self._listen = listen

    async def create(self, call: Call) -> Answer:
        """CreateFunctionUrlConfig."""
        body, name = call.read(CreateUrlBody), call.function()
        urls.check_free(self._names, self._function(name), name.qualifier)
        identity = secrets.token_hex(16)
        address = await self._listen(name, identity)
        urls.check_free(self._names, self._function(name), name.qualifier)
        now = self._control.clock()
        made = urls.put(self._function(name), name.qualifier, FunctionUrl(identity, address, body.auth_type, now, now))
        return Answer(answers.function_url(self._names, name, made), 201)

    def get(self, call: Call) -> Answer:
        """GetFunctionUrlConfig."""
        name = call.function()
        found = urls.get(self._names, self._function(name), name.qualifier)
        return Answer(answers.function_url(self._names, name, found))

    def update(self, call: Call) -> Answer:
        """UpdateFunctionUrlConfig."""
        body, name = call.read(UpdateUrlBody), call.function()
        now = self._control.clock()
        changed = urls.update(self._names, self._function(name), name.qualifier, body.auth_type, now)
        return Answer(answers.function_url(self._names, name, changed))

    def delete(self, call: Call) -> Answer:
        """DeleteFunctionUrlConfig."""
        name = call.function()
        urls.delete(self._names, self._function(name), name.qualifier)
        return Answer(None, 204)

    def list_all(self, call: Call) -> Answer:
        """ListFunctionUrlConfigs: of the function itself and of its aliases."""
        name = call.unqualified()
        found = self._function(FunctionName(name)).urls
        listed = [
            answers.function_url(self._names, FunctionName(name, qualifier), found[qualifier])
            for qualifier in sorted(found, key=lambda one: one or "")
        ]
        return page(listed, "FunctionUrlConfigs", call.query)

    def _function(self, name: FunctionName) -> Function:
        return self._control.state.function(name.name, self._control.clock())
