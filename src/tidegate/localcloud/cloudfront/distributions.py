"""Distributions: configuration with ETags, deployment and invalidations (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tidegate.localcloud.cloudfront.behaviours import Site, parse_site
from tidegate.localcloud.cloudfront.defaults import with_defaults
from tidegate.localcloud.cloudfront.errors import CloudFrontError, check_if_match
from tidegate.localcloud.cloudfront.invalidations import Invalidation, check_paths
from tidegate.localcloud.cloudfront.stamp import Stamp


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds that CloudFront takes.

    Attributes:
        deploy: From a change of a distribution to `Deployed`; until then its edges keep the configuration before.
        invalidate: From an invalidation to `Completed`; only then objects are evicted.
        propagate: From a change of a KeyValueStore to its sight at the edges.
    """

    deploy: float = 0.2
    invalidate: float = 0.2
    propagate: float = 0.0


@dataclass(frozen=True, slots=True)
class Distribution:
    """One distribution.

    Attributes:
        config: DistributionConfig, complete with defaults, as the API shows it.
        site: The same, as edges read it.
        previous: What edges serve until `deployed_at`; None for a new distribution.
    """

    id: str
    arn: str
    domain: str
    config: Mapping[str, Any]
    site: Site
    previous: Site | None
    etag: str
    past_etags: tuple[str, ...]
    modified: float
    deployed_at: float
    tags: Mapping[str, str] = field(default_factory=dict)
    invalidations: tuple[Invalidation, ...] = ()

    def status(self, now: float) -> str:
        """`InProgress` or `Deployed`."""
        return "Deployed" if self.deployed_at <= now else "InProgress"

    def serving(self, now: float) -> Site:
        """The configuration that edges follow."""
        return self.previous if self.previous is not None and now < self.deployed_at else self.site


class Distributions:
    """All distributions of an account."""

    def __init__(self, account: str, delays: Delays) -> None:
        self._account = account
        self._distributions: dict[str, Distribution] = {}
        self.delays = delays

    def check_new(self, config: Mapping[str, Any]) -> Site:
        """Whether a distribution with this configuration could be created now.

        Raises:
            CloudFrontError: DistributionAlreadyExists, or what `parse_site` refuses.
            NotEmulatedError: As `parse_site`.
        """
        reference = config["CallerReference"]
        if any(one.config["CallerReference"] == reference for one in self._distributions.values()):
            raise CloudFrontError(
                "DistributionAlreadyExists", f"A distribution with the caller reference {reference} already exists."
            )
        return parse_site(config)

    def create(self, config: Mapping[str, Any], domain: str, tags: Mapping[str, str], stamp: Stamp) -> Distribution:
        """AWS API: CreateDistribution and CreateDistributionWithTags.

        Raises:
            CloudFrontError: As `check_new`.
            NotEmulatedError: As `check_new`.
        """
        site = self.check_new(config)
        arn = f"arn:aws:cloudfront::{self._account}:distribution/{stamp.id}"
        deployed_at = stamp.now + self.delays.deploy
        complete = with_defaults(config)
        made = Distribution(
            stamp.id, arn, domain, complete, site, None, stamp.etag, (), stamp.now, deployed_at, dict(tags)
        )
        self._distributions[made.id] = made
        return made

    def get(self, distribution_id: str) -> Distribution:
        """The distribution of that id.

        Raises:
            CloudFrontError: NoSuchDistribution.
        """
        if distribution_id not in self._distributions:
            raise CloudFrontError("NoSuchDistribution", "The specified distribution does not exist.")
        return self._distributions[distribution_id]

    def listed(self) -> list[Distribution]:
        """Every distribution, in order of creation."""
        return list(self._distributions.values())

    def update(
        self, distribution_id: str, config: Mapping[str, Any], if_match: str | None, stamp: Stamp
    ) -> Distribution:
        """AWS API: UpdateDistribution.

        Raises:
            CloudFrontError: NoSuchDistribution, InvalidIfMatchVersion, PreconditionFailed, IllegalUpdate (another
                CallerReference), or what `parse_site` refuses.
            NotEmulatedError: As `parse_site`.
        """
        before = self.get(distribution_id)
        check_if_match(if_match, before.etag, before.past_etags)
        if config["CallerReference"] != before.config["CallerReference"]:
            raise CloudFrontError("IllegalUpdate", "The caller reference cannot be changed.")
        changed = replace(
            before,
            config=with_defaults(config),
            site=parse_site(config),
            previous=before.serving(stamp.now),
            etag=stamp.etag,
            past_etags=(*before.past_etags, before.etag),
            modified=stamp.now,
            deployed_at=stamp.now + self.delays.deploy,
        )
        self._distributions[distribution_id] = changed
        return changed

    def delete(self, distribution_id: str, if_match: str | None, now: float) -> None:
        """AWS API: DeleteDistribution.

        Raises:
            CloudFrontError: NoSuchDistribution, InvalidIfMatchVersion, PreconditionFailed, or DistributionNotDisabled
                while it is enabled or a change is in progress.
        """
        found = self.get(distribution_id)
        check_if_match(if_match, found.etag, found.past_etags)
        if found.site.enabled or found.status(now) != "Deployed":
            raise CloudFrontError(
                "DistributionNotDisabled", "The distribution you are trying to delete has not been disabled."
            )
        del self._distributions[distribution_id]

    def invalidate(self, distribution_id: str, reference: str, paths: tuple[str, ...], stamp: Stamp) -> Invalidation:
        """AWS API: CreateInvalidation; the same reference with the same paths is the same invalidation.

        Raises:
            CloudFrontError: NoSuchDistribution, InvalidArgument, TooManyInvalidationsInProgress, or
                InvalidationBatchAlreadyExists for a reference that was used with other paths.
        """
        found = self.get(distribution_id)
        check_paths(paths)
        for earlier in found.invalidations:
            if earlier.caller_reference == reference:
                if set(earlier.paths) == set(paths):
                    return earlier
                raise CloudFrontError(
                    "InvalidationBatchAlreadyExists", "The caller reference was used with other paths."
                )
        made = Invalidation(stamp.id, reference, paths, stamp.now, stamp.now + self.delays.invalidate)
        self._distributions[distribution_id] = replace(found, invalidations=(*found.invalidations, made))
        return made

    def invalidation(self, distribution_id: str, invalidation_id: str) -> Invalidation:
        """AWS API: GetInvalidation.

        Raises:
            CloudFrontError: NoSuchDistribution or NoSuchInvalidation.
        """
        for found in self.get(distribution_id).invalidations:
            if found.id == invalidation_id:
                return found
        raise CloudFrontError("NoSuchInvalidation", "The specified invalidation does not exist.")

    def tag(self, arn: str, tags: Mapping[str, str | None]) -> None:
        """AWS API: TagResource and UntagResource; a None removes.

        Raises:
            CloudFrontError: NoSuchResource.
        """
        found = self.by_arn(arn)
        merged = {**found.tags, **tags}
        kept = {key: value for key, value in merged.items() if value is not None}
        self._distributions[found.id] = replace(found, tags=kept)

    def by_arn(self, arn: str) -> Distribution:
        """The distribution of an ARN.

        Raises:
            CloudFrontError: NoSuchResource.
        """
        for found in self._distributions.values():
            if found.arn == arn:
                return found
        raise CloudFrontError("NoSuchResource", f"The resource {arn} does not exist.")
