"""Settings of the site against what CloudFront has: distributions, their domain, their bucket; and the leak."""

from collections.abc import Iterable, Iterator

from tidegate.doctor.judged import Case, command, error, warning
from tidegate.doctor.settings import APP, BUCKET, TEST, TEST_DOMAIN, right_shape, set_setting
from tidegate.model.facts import DistributionFacts
from tidegate.model.finding import Check, Finding
from tidegate.model.pipeline import SiteSpec, Strategy

_LIST = command(
    *("aws", "cloudfront", "list-distributions", "--output", "table"),
    *("--query", "DistributionList.Items[].[Id,DomainName,Comment]"),
)


def judge_site(case: Case) -> Iterator[Finding]:
    """Yield what does not fit together. What has the wrong shape is the settings' own finding."""
    site, values = case.pipeline.site, case.facts.settings.values
    if site is None:
        return
    found: dict[str, DistributionFacts] = {}
    for name in (TEST, APP):
        identity = values.get(name, "")
        if identity not in case.facts.distributions:
            continue
        distribution = case.facts.distributions[identity]
        if distribution is None:
            what = f"{name} names {identity}, and there is no such distribution in this account"
            yield error(Check.SITE, what, name, _LIST, set_setting(case, name))
            continue
        found[name] = distribution
    yield from _origin(case, found.values())
    yield from _domain(case, found.get(TEST))
    yield from _pair(case, site, found)


def _origin(case: Case, distributions: Iterable[DistributionFacts]) -> Iterator[Finding]:
    bucket = case.facts.settings.values.get(BUCKET, "")
    others = [one for one in distributions if bucket_of(one) != bucket]
    if bucket and right_shape(BUCKET, bucket) and others:
        reads = " and ".join(f"distribution {one.id} reads {bucket_of(one) or one.origin}" for one in others)
        known = {bucket_of(one) for one in others}
        right = known.pop() if len(known) == 1 else ""
        yield error(
            Check.SITE, f"{BUCKET} is {bucket}, and {reads}", BUCKET, set_setting(case, BUCKET, right or "VALUE")
        )


def _domain(case: Case, test: DistributionFacts | None) -> Iterator[Finding]:
    domain = case.facts.settings.values.get(TEST_DOMAIN, "")
    if test and domain and right_shape(TEST_DOMAIN, domain) and domain != test.domain:
        what = f"{TEST_DOMAIN} is {domain}, and the domain of {test.id} is {test.domain}"
        yield error(Check.SITE, what, TEST_DOMAIN, set_setting(case, TEST_DOMAIN, test.domain))


def _pair(case: Case, site: SiteSpec, found: dict[str, DistributionFacts]) -> Iterator[Finding]:
    """TEST and APP together: whether what one is tested with can reach the users of the other."""
    if TEST not in found or APP not in found or found[TEST].id == found[APP].id:
        return
    test, app = found[TEST], found[APP]
    match site.strategy:
        case Strategy.POINTER:
            for one in (test, app):
                if not one.store:
                    what = f"distribution {one.id} has no KeyValueStore that says which release it serves"
                    yield error(Check.SITE, what, one.id, "terraform apply")
            if test.store and test.store == app.store:
                what = f"TEST and APP share the KeyValueStore {test.store.rpartition('/')[2]}: neither moves alone"
                yield error(Check.SITE, what, app.id, "terraform apply")
        case Strategy.INVALIDATION:
            if test.origin == app.origin:
                yield _leak(case, app)


def _leak(case: Case, app: DistributionFacts) -> Finding:
    bucket = case.facts.bucket
    measured = (
        f"{bucket.untested} of the {bucket.objects} objects that it would serve now are not those of the live release"
        if bucket
        else "how much that is now could not be counted"
    )
    what = f"TEST and APP both read {app.origin}: APP serves untested files at each cache miss; {measured}"
    return warning(Check.LEAK, what, app.id, "sed -i 's/strategy: invalidation/strategy: pointer/' tidegate.yaml")


def bucket_of(distribution: DistributionFacts) -> str:
    """The bucket that a distribution reads, by the virtual-hosted name of its origin; empty for any other origin."""
    name, s3, _ = distribution.origin.partition(".s3")
    return name if s3 else ""
