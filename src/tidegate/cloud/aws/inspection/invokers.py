"""What invokes a function: URLs, event source mappings, rules and HTTP APIs."""

from collections.abc import Iterator

from tidegate.cloud.aws.wire import Wire
from tidegate.errors import NotFound
from tidegate.model.facts import ApiFacts, DomainMapping, Invoker, Via


async def invokers(wire: Wire, name: str, arn: str) -> tuple[Invoker, ...]:
    """Function URLs and event source mappings of a function, and rules that name it without an alias.

    Only rules of the default event bus are looked at. AWS API: ListRuleNamesByTarget takes an exact ARN.
    """

    def call() -> tuple[Invoker, ...]:
        return (*_urls(wire, name), *_sources(wire, name), *_rules(wire, arn), *_rules(wire, f"{arn}:$LATEST"))

    return await wire.ask(f"what invokes function {name}", call)


async def api(wire: Wire, identity: str) -> ApiFacts | None:
    """An HTTP API with its integrations and stages; None without it."""
    apis = wire.clients

    def call() -> ApiFacts:
        endpoint = apis.apis.get_api(ApiId=identity)["ApiEndpoint"].rstrip("/")
        integrations = apis.apis.get_integrations(ApiId=identity, MaxResults="500")["Items"]
        stages = apis.apis.get_stages(ApiId=identity, MaxResults="500")["Items"]
        return ApiFacts(
            identity,
            endpoint,
            {item["IntegrationId"]: item.get("IntegrationUri", "") for item in integrations},
            {item["StageName"]: item.get("StageVariables", {}) for item in stages},
        )

    try:
        return await wire.ask(f"API {identity}", call)
    except NotFound:
        return None


async def mappings(wire: Wire, host: str) -> tuple[DomainMapping, ...]:
    """What lies below a domain of one's own; nothing for any other. AWS API: GetApiMappings."""

    def call() -> tuple[DomainMapping, ...]:
        found = wire.clients.apis.get_api_mappings(DomainName=host, MaxResults="500")["Items"]
        keys = [item.get("ApiMappingKey", "") for item in found]
        urls = [f"https://{host}/{key}".rstrip("/") for key in keys]
        return tuple(DomainMapping(url, item["ApiId"], item["Stage"]) for url, item in zip(urls, found, strict=True))

    try:
        return await wire.ask(f"domain {host}", call)
    except NotFound:
        return ()


def _urls(wire: Wire, name: str) -> Iterator[Invoker]:
    for found in wire.clients.functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]:
        yield Invoker(Via.URL, found["AuthType"], found["FunctionUrl"], _qualifier(found["FunctionArn"]))


def _sources(wire: Wire, name: str) -> Iterator[Invoker]:
    functions = wire.clients.functions
    page = functions.list_event_source_mappings(FunctionName=name)
    found = page["EventSourceMappings"]
    while marker := page.get("NextMarker"):
        page = functions.list_event_source_mappings(FunctionName=name, Marker=marker)
        found += page["EventSourceMappings"]
    for mapping in found:
        source = mapping.get("EventSourceArn", mapping["UUID"])
        yield Invoker(Via.SOURCE, mapping["UUID"], source, _qualifier(mapping["FunctionArn"]))


def _rules(wire: Wire, target: str) -> Iterator[Invoker]:
    rules = wire.clients.rules
    for rule in rules.list_rule_names_by_target(TargetArn=target)["RuleNames"]:
        for found in rules.list_targets_by_rule(Rule=rule)["Targets"]:
            if found["Arn"] == target:
                plain = found.keys() <= {"Id", "Arn"}
                yield Invoker(Via.RULE, found["Id"], rule, _qualifier(target), plain)


def _qualifier(arn: str) -> str:
    """What stands behind a function's name in its ARN; empty where nothing does."""
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else ""
