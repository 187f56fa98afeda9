"""What CodeBuild refuses. Codes are those of the AWS CodeBuild API reference; JSON 1.1 sends all with status 400."""


class CodeBuildError(Exception):
    """A refusal on the wire.

    Attributes:
        code: The exception's name, as SDKs map it.
        message: What AWS says to a person.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> CodeBuildError:
    """An input that CodeBuild does not take."""
    return CodeBuildError("InvalidInputException", message)


def no_project(name: str) -> CodeBuildError:
    """No project of that name."""
    return CodeBuildError("ResourceNotFoundException", f"Project cannot be found: {name}")


def no_build(identity: str) -> CodeBuildError:
    """No build with that id."""
    return CodeBuildError("ResourceNotFoundException", f"Build {identity} not found")


def exists(arn: str) -> CodeBuildError:
    """CreateProject for a name that is taken."""
    return CodeBuildError("ResourceAlreadyExistsException", f"Project already exists: {arn}")


def too_many(limit: int, name: str) -> CodeBuildError:
    """As many builds of a project run as may (AWS API: Project, concurrentBuildLimit)."""
    return CodeBuildError(
        "AccountLimitExceededException", f"Cannot have more than {limit} active builds for the project {name}"
    )


def not_emulated(what: str) -> CodeBuildError:
    """What AWS offers and this service does not."""
    return CodeBuildError("NotEmulated", f"codebuild: not emulated by the embedded cloud: {what}", 501)
