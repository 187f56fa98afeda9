"""The whole of CloudFront's state, with the rules between its parts. Pure: time, ids and ETags come in."""

from collections.abc import Mapping
from typing import Any

from tidegate.localcloud.cloudfront.access_controls import AccessControls
from tidegate.localcloud.cloudfront.behaviours import Site, function_arns, parse_site
from tidegate.localcloud.cloudfront.distributions import Delays, Distribution, Distributions
from tidegate.localcloud.cloudfront.errors import CloudFrontError
from tidegate.localcloud.cloudfront.functions import Function, Functions
from tidegate.localcloud.cloudfront.stamp import Stamp
from tidegate.localcloud.cloudfront.stores import Stores


class CloudFrontState:
    """Distributions, functions, KeyValueStores and origin access controls of one account."""

    def __init__(self, account: str, delays: Delays) -> None:
        self.distributions = Distributions(account, delays)
        self.functions = Functions(account)
        self.stores = Stores(account, delays.propagate)
        self.access_controls = AccessControls()

    def check_new_distribution(self, config: Mapping[str, Any]) -> None:
        """Whether CreateDistribution would succeed.

        Raises:
            CloudFrontError: As `Distributions.check_new`, or InvalidFunctionAssociation.
            NotEmulatedError: As `Distributions.check_new`.
        """
        self._check_functions(self.distributions.check_new(config))

    def update_distribution(
        self, distribution_id: str, config: Mapping[str, Any], if_match: str | None, stamp: Stamp
    ) -> Distribution:
        """AWS API: UpdateDistribution.

        Raises:
            CloudFrontError: As `Distributions.update`, or InvalidFunctionAssociation.
            NotEmulatedError: As `Distributions.update`.
        """
        self.distributions.get(distribution_id)
        self._check_functions(parse_site(config))
        return self.distributions.update(distribution_id, config, if_match, stamp)

    def create_function(self, name: str, config: Mapping[str, Any], code: bytes, stamp: Stamp) -> Function:
        """AWS API: CreateFunction.

        Raises:
            CloudFrontError: As `Functions.create`, or InvalidArgument for an unknown KeyValueStore.
        """
        self._check_store(config)
        return self.functions.create(name, config, code, stamp)

    def update_function(
        self, name: str, config: Mapping[str, Any], code: bytes, if_match: str | None, stamp: Stamp
    ) -> Function:
        """AWS API: UpdateFunction.

        Raises:
            CloudFrontError: As `Functions.update`, or InvalidArgument for an unknown KeyValueStore.
        """
        self._check_store(config)
        return self.functions.update(name, config, code, if_match, stamp)

    def delete_function(self, name: str, if_match: str | None) -> None:
        """AWS API: DeleteFunction.

        Raises:
            CloudFrontError: As `Functions.delete`, or FunctionInUse.
        """
        if self.is_associated(self.functions.get(name).arn):
            raise CloudFrontError("FunctionInUse", f"The function {name} is associated with a distribution.")
        self.functions.delete(name, if_match)

    def delete_store(self, name: str, if_match: str | None) -> None:
        """AWS API: DeleteKeyValueStore.

        Raises:
            CloudFrontError: As `Stores.delete`, or CannotDeleteEntityWhileInUse.
        """
        arn = self.stores.get(name).arn
        stages = [stage for one in self.functions.listed() for stage in (one.development, one.live) if stage]
        if any(stage.store_arn == arn for stage in stages):
            raise CloudFrontError("CannotDeleteEntityWhileInUse", f"The key value store {name} is used by a function.")
        self.stores.delete(name, if_match)

    def is_associated(self, function_arn: str) -> bool:
        """Whether a distribution runs this function."""
        return any(function_arn in function_arns(one.site) for one in self.distributions.listed())

    def _check_functions(self, site: Site) -> None:
        for arn in sorted(function_arns(site)):
            if self.functions.live_by_arn(arn) is None:
                raise CloudFrontError(
                    "InvalidFunctionAssociation", f"{arn}: no such function, or it was not published to LIVE."
                )

    def _check_store(self, config: Mapping[str, Any]) -> None:
        known = {store.arn for store in self.stores.listed()}
        for item in (config.get("KeyValueStoreAssociations") or {}).get("Items") or []:
            if item["KeyValueStoreARN"] not in known:
                raise CloudFrontError("InvalidArgument", f"{item['KeyValueStoreARN']}: no such key value store")
