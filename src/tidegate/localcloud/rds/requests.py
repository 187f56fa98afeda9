"""What a request of the Query protocol holds. A parameter that nobody read is not quietly dropped: it is refused."""

from urllib.parse import parse_qsl

from tidegate.localcloud.rds import errors
from tidegate.localcloud.rds.cluster import Flavour

VERSION = "2014-10-31"
# What has no meaning on one computer without networks, keys or maintenance, and changes no answer that matters.
_NO_MATTER = frozenset(
    {
        *("ApplyImmediately", "AutoMinorVersionUpgrade", "AvailabilityZone", "AvailabilityZones"),
        *("BackupRetentionPeriod", "CACertificateIdentifier", "CopyTagsToSnapshot", "DBClusterParameterGroupName"),
        *("DBParameterGroupName", "DBSubnetGroupName", "DeleteAutomatedBackups", "EnableCloudwatchLogsExports"),
        *("EnablePerformanceInsights", "IncludePublic", "IncludeShared", "KmsKeyId", "MonitoringInterval"),
        *("NetworkType", "PerformanceInsightsRetentionPeriod", "Port", "PreferredBackupWindow"),
        *("PreferredMaintenanceWindow", "PromotionTier", "PubliclyAccessible", "ServerlessV2ScalingConfiguration"),
        *("StorageEncrypted", "StorageType", "VpcSecurityGroupIds"),
    }
)
_OFF = frozenset({"false", "False", "0"})


class Fields:
    """The parameters of one request, read one by one; `done` refuses what was not read."""

    def __init__(self, body: bytes) -> None:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        self._given = dict(pairs)
        self._read: set[str] = set()
        self.action = self.text("Action")
        self.version = self.text("Version")

    def text(self, name: str) -> str:
        """A parameter; empty when it is not there."""
        self._read.add(name)
        return self._given.get(name, "")

    def needed(self, name: str) -> str:
        """A parameter that has to be there.

        Raises:
            RdsError: MissingParameter.
        """
        if not (found := self.text(name)):
            raise errors.missing(name)
        return found

    def flag(self, name: str) -> bool | None:
        """A boolean; None when it is not there.

        Raises:
            RdsError: InvalidParameterValue.
        """
        match self.text(name).lower():
            case "":
                return None
            case "true":
                return True
            case "false":
                return False
            case _:
                raise errors.invalid(f"{name} must be true or false")

    def number(self, name: str, default: int) -> int:
        """A whole number.

        Raises:
            RdsError: InvalidParameterValue.
        """
        text = self.text(name)
        if text and not (text.isascii() and text.isdigit()):
            raise errors.invalid(f"{name} must be a number")
        return int(text) if text else default

    def flavour(self) -> Flavour:
        """The parameter Engine.

        Raises:
            RdsError: InvalidParameterValue for an engine that RDS has not, or one that is not Aurora's.
        """
        name = self.needed("Engine")
        try:
            return Flavour(name)
        except ValueError:
            raise errors.invalid(
                f"Invalid DB engine: {name}. The embedded cloud has {' and '.join(one.value for one in Flavour)}."
            ) from None

    def tags(self) -> dict[str, str]:
        """The parameter Tags."""
        found: dict[str, str] = {}
        for prefix in self._numbered("Tags.Tag."):
            found[self.text(f"{prefix}.Key")] = self.text(f"{prefix}.Value")
        return found

    def filters(self, *known: str) -> dict[str, frozenset[str]]:
        """The parameter Filters: name → values, any of which fits.

        Raises:
            RdsError: NotEmulated for a filter that is not among those that are known.
        """
        found: dict[str, frozenset[str]] = {}
        for prefix in self._numbered("Filters.Filter."):
            name = self.text(f"{prefix}.Name")
            if name not in known:
                raise errors.not_emulated(f"{self.action} with the filter {name}")
            within = f"{prefix}.Values.Value."
            found[name] = frozenset(self.text(one) for one in self._given if one.startswith(within))
        return found

    def done(self) -> None:
        """Refuse what was not read.

        Raises:
            RdsError: NotEmulated.
        """
        for name, value in self._given.items():
            first = name.partition(".")[0]
            # A switch that is off asks for nothing.
            if name not in self._read and first not in _NO_MATTER and value not in _OFF:
                raise errors.not_emulated(f"{self.action[:100]} with {first[:100]}")

    def _numbered(self, start: str) -> list[str]:
        numbers = {name.removeprefix(start).partition(".")[0] for name in self._given if name.startswith(start)}
        return [f"{start}{number}" for number in sorted(numbers)]
