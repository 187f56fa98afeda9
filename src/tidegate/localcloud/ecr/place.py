"""Where a registry is: what its ARNs and URIs are made of."""

from dataclasses import dataclass


@dataclass(slots=True)
class Place:
    """Account, region, and the registry's `127.0.0.1:<port>`, which is known once its listener is open."""

    account: str
    region: str
    registry_host: str = ""

    def arn(self, repository: str) -> str:
        """A repository's ARN."""
        return f"arn:aws:ecr:{self.region}:{self.account}:repository/{repository}"
