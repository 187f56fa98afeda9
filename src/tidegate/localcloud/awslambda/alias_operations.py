"""Operations on aliases and resource policies: request in, state changed, answer out."""

import json
from types import MappingProxyType

from tidegate.localcloud.awslambda import aliases, answers, errors, policies
from tidegate.localcloud.awslambda.aliases import AliasChange
from tidegate.localcloud.awslambda.control import Answer, Call, Control, new_id, page
from tidegate.localcloud.awslambda.function import Alias, Function, Statement
from tidegate.localcloud.awslambda.requests import CreateAliasBody, PermissionBody, RoutingBody, UpdateAliasBody


class AliasOperations:
    """Aliases of a function, and who may invoke it."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._names = control.names

    def create(self, call: Call) -> Answer:
        """CreateAlias."""
        body, function = call.read(CreateAliasBody), self._function(call)
        weights = MappingProxyType(dict(_weights(body.routing_config) or {}))
        alias = Alias(body.name, body.function_version, new_id(), body.description, weights)
        made = aliases.create(self._names, function, alias)
        return Answer(answers.alias(self._names, function.name, made), 201)

    def update(self, call: Call) -> Answer:
        """UpdateAlias."""
        body, function = call.read(UpdateAliasBody), self._function(call)
        weights = _weights(body.routing_config)
        change = AliasChange(body.function_version, body.description, weights, body.revision_id)
        changed = aliases.update(self._names, function, call.path[1], change, new_id())
        return Answer(answers.alias(self._names, function.name, changed))

    def get(self, call: Call) -> Answer:
        """GetAlias."""
        function = self._function(call)
        found = aliases.get(self._names, function, call.path[1])
        return Answer(answers.alias(self._names, function.name, found))

    def list_all(self, call: Call) -> Answer:
        """ListAliases, of one version when FunctionVersion names it."""
        function = self._function(call)
        version = call.query.get("FunctionVersion")
        listed = [
            answers.alias(self._names, function.name, alias)
            for _, alias in sorted(function.aliases.items())
            if version is None or version in alias.targets
        ]
        return page(listed, "Aliases", call.query)

    def delete(self, call: Call) -> Answer:
        """DeleteAlias."""
        aliases.delete(self._function(call), call.path[1])
        return Answer(None, 204)

    def permit(self, call: Call) -> Answer:
        """AddPermission."""
        body, name = call.read(PermissionBody), call.function()
        function = self._control.state.function(name.name, self._control.clock())
        statement = Statement(
            *(body.statement_id, body.action, body.principal, body.source_arn, body.source_account),
            url_auth=body.function_url_auth_type,
            by_url=body.invoked_via_function_url,
        )
        policies.add(self._names, function, name.qualifier, statement, expected=body.revision_id, revision=new_id())
        return Answer({"Statement": json.dumps(answers.statement(self._names, name, statement))}, 201)

    def get_policy(self, call: Call) -> Answer:
        """GetPolicy."""
        name = call.function()
        function = self._control.state.function(name.name, self._control.clock())
        policy = policies.get(function, name.qualifier)
        return Answer(
            {
                "Policy": answers.policy(self._names, name, policy.statements),
                "RevisionId": policy.revision,
            }
        )

    def forbid(self, call: Call) -> Answer:
        """RemovePermission."""
        name = call.function()
        function = self._control.state.function(name.name, self._control.clock())
        policies.remove(
            function, name.qualifier, call.path[1], expected=call.query.get("RevisionId"), revision=new_id()
        )
        return Answer(None, 204)

    def _function(self, call: Call) -> Function:
        return self._control.state.function(call.unqualified(), self._control.clock())


def _weights(routing: RoutingBody | None) -> dict[str, float] | None:
    """The weights that a request asks for: None for no change, empty to remove the split."""
    if routing is None:
        return None
    weights = routing.additional_version_weights or {}
    if any(not number.isdigit() for number in weights):
        raise errors.invalid("AdditionalVersionWeights takes published versions only.")
    return weights
