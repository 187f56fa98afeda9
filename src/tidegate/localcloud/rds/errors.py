"""What RDS refuses. Codes and statuses are those of the Amazon RDS API reference, 2014-10-31."""


class RdsError(Exception):
    """A refusal on the wire.

    Attributes:
        code: The error's code, as SDKs map it.
        message: What AWS says to a person.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def no_cluster(name: str) -> RdsError:
    """No cluster of that name."""
    return RdsError("DBClusterNotFoundFault", f"DBCluster {name} not found.", 404)


def cluster_exists(name: str) -> RdsError:
    """A cluster of that name is there."""
    return RdsError("DBClusterAlreadyExistsFault", f"DB Cluster already exists: {name}")


def cluster_busy(name: str, status: str) -> RdsError:
    """What was asked for needs an available cluster."""
    return RdsError("InvalidDBClusterStateFault", f"DbCluster {name} is in {status} state")


def cluster_has_instances(name: str) -> RdsError:
    """DeleteDBCluster of a cluster with instances."""
    return RdsError(
        "InvalidDBClusterStateFault",
        f"Cluster cannot be deleted, it still contains DB instances in non-deleting state: {name}",
    )


def cluster_protected() -> RdsError:
    """DeleteDBCluster of a cluster with deletion protection."""
    return RdsError(
        "InvalidParameterCombination",
        "Cannot delete protected Cluster, please disable deletion protection and try again.",
    )


def no_snapshot(name: str) -> RdsError:
    """No snapshot of that name."""
    return RdsError("DBClusterSnapshotNotFoundFault", f"DBClusterSnapshot {name} not found.", 404)


def snapshot_exists(name: str) -> RdsError:
    """A snapshot of that name is there."""
    return RdsError("DBClusterSnapshotAlreadyExistsFault", f"DB Cluster Snapshot already exists: {name}")


def snapshot_busy(name: str, status: str) -> RdsError:
    """What was asked for needs an available snapshot."""
    return RdsError("InvalidDBClusterSnapshotStateFault", f"DBClusterSnapshot {name} is in {status} state")


def no_instance(name: str) -> RdsError:
    """No instance of that name."""
    return RdsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)


def instance_exists(name: str) -> RdsError:
    """An instance of that name is there."""
    return RdsError("DBInstanceAlreadyExists", f"DB Instance already exists: {name}")


def missing(name: str) -> RdsError:
    """A parameter that has to be there."""
    return RdsError("MissingParameter", f"The request must contain the parameter {name}")


def invalid(message: str) -> RdsError:
    """A parameter's value that RDS does not take."""
    return RdsError("InvalidParameterValue", message)


def combination(message: str) -> RdsError:
    """Parameters that do not go together."""
    return RdsError("InvalidParameterCombination", message)


def not_emulated(what: str) -> RdsError:
    """What AWS offers and this service does not."""
    return RdsError("NotEmulated", f"rds: not emulated by the embedded cloud: {what}", 501)
