"""The section `database` of `tidegate.yaml`."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from tidegate.config.section import Duration, NamePattern, Section, hyphenated

FolderPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*$", examples=["migrations"])]
SchemaSource = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*(\.py:[A-Za-z_][A-Za-z0-9_.]*|\.ya?ml|\.json)$",
        examples=["src/data/tables.py:metadata", "schema.yaml"],
    ),
]


class VpcTestsSection(Section):
    """Tests that CodeBuild runs inside the VPC, where the database can be reached."""

    project: NamePattern = Field(description="CodeBuild project; `{env}` stands for the environment.")
    timeout: Duration = Field(default="20m", description="Longest time for a build.")
    enabled: str = Field(
        default="AURORA_ENABLED",
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Variable of Tidegate's environment (on GitHub a variable of the repository): the tests apply"
        " where it is `true`.",
    )
    buildspec: FolderPath | None = Field(
        default=None,
        description="The buildspec, in the repository; without it, the one that the project names.",
        examples=["tests/vpc/buildspec.yml"],
    )


class DatabaseSection(Section):
    """The Aurora database of each environment. Its schema is a part of the release."""

    model_config = ConfigDict(alias_generator=hyphenated)

    engine: Literal["postgresql", "mysql"] = Field(description="The flavour of Aurora.")
    cluster: NamePattern = Field(description="RDS cluster; `{env}` stands for the environment.")
    secret: NamePattern = Field(
        description="Secret in Secrets Manager, JSON as RDS writes it: host, port, dbname, username, password, engine."
    )
    components: list[str] = Field(min_length=1, description="A change in any of them makes a release.")
    migrations: FolderPath | None = Field(default=None, description="Alembic's folder, with `versions` in it.")
    expected: SchemaSource | None = Field(
        default=None,
        description="What the code expects: `FILE.py:NAME` of a SQLAlchemy MetaData, or a YAML or JSON file of tables;"
        " without it, what the migrations make of an empty database.",
    )
    introspection: NamePattern | None = Field(
        default=None,
        description="Lambda function inside the VPC that answers the schema gate; without it the database is asked"
        " directly.",
    )
    rollback_window: Duration = Field(
        default="24h", description="How long contract migrations wait after the release that allows them went live."
    )
    lock_timeout: Duration = Field(default="2s", description="How long a migration waits for a lock.")
    statement_timeout: Duration = Field(default="5m", description="How long one statement of a migration may take.")
    vpc_tests: VpcTestsSection | None = Field(default=None, description="Tests inside the VPC, if there are any.")
