"""The configuration hash of a version: everything besides the code that a published version freezes.

AWS API: PublishVersion freezes code and configuration. A description is not part of it: that of a version differs from
that of the `$LATEST` which it was published from.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tidegate.errors import CloudError

# What Lambda assumes where a configuration says nothing, so that an emulator or an older version which leaves a field
# out has the same hash as one that spells it out.
_DEFAULTS: Mapping[str, object] = {
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "MemorySize": 128,
    "PackageType": "Zip",
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}
_PLAIN = (
    "Architectures",
    "DeadLetterConfig",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "KMSKeyArn",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
)


def configuration_hash(configuration: Mapping[str, Any]) -> str:
    """Hash what GetFunctionConfiguration returned, as 64 hex digits; no value of it can be read back.

    Raises:
        CloudError: When Lambda could not decrypt the environment variables: then nobody knows what was frozen.
    """
    environment = configuration.get("Environment") or {}
    if environment.get("Error"):
        raise CloudError(
            f"Lambda cannot read the environment variables: {environment['Error'].get('Message', 'no reason given')}",
            where=f"function {configuration.get('FunctionName', '?')}",
            what_next="let the function's role and these credentials use its KMS key",
            code=str(environment["Error"].get("ErrorCode", "")),
        )
    frozen = {name: configuration.get(name) or _DEFAULTS.get(name) for name in _PLAIN}
    image = configuration.get("ImageConfigResponse") or {}
    vpc = configuration.get("VpcConfig") or {}
    snap_start = (configuration.get("SnapStart") or {}).get("ApplyOn")
    frozen |= {
        "Environment": environment.get("Variables"),
        "ImageConfig": image.get("ImageConfig"),
        "Layers": [layer["Arn"] for layer in configuration.get("Layers") or ()],
        "SecurityGroupIds": sorted(vpc.get("SecurityGroupIds") or ()),
        "SubnetIds": sorted(vpc.get("SubnetIds") or ()),
        "SnapStart": None if snap_start == "None" else snap_start,
    }
    said = {name: value for name, value in frozen.items() if value}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
