"""What a Lambda base image for Python holds beside the interpreter: the runtime and the AWS SDK."""

import importlib.util
from pathlib import Path

# Import names, as AWS's base image has them installed; those that are missing here are left out.
LIBRARIES = (
    "awslambdaric", "runtime_client", "snapshot_restore_py", "simplejson",
    "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3", "awscrt",
)  # fmt: skip


def link_libraries(folder: Path) -> bool:
    """Fill a folder with links to the installed libraries.

    Returns:
        Whether AWS's own runtime (`awslambdaric` with its native client) is among them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in LIBRARIES:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        origin = Path(found.origin)
        target = origin.parent if found.submodule_search_locations else origin
        link = folder / target.name
        if not link.exists():
            link.symlink_to(target)
    return (folder / "awslambdaric").exists() and any(folder.glob("runtime_client*"))
