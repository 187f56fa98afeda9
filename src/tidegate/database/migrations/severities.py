"""How severe each rule is in each phase: the one table. What is not in it blocks.

The names without a dot are squawk's (https://squawkhq.com/docs/rules), those of ours begin with `phase.`, `lock.`
or `step.`.
"""

from enum import StrEnum

from tidegate.database.migrations.revision import MigrationPhase


class Severity(StrEnum):
    """What a finding of the lint does."""

    BLOCK = "block"
    WARN = "warn"
    OFF = "off"


_BLOCK, _WARN, _OFF = Severity.BLOCK, Severity.WARN, Severity.OFF

SEVERITIES: dict[str, tuple[Severity, Severity]] = {
    # The statement is wrong, or does not do what it says.
    "syntax-error": (_BLOCK, _BLOCK),
    "ban-concurrent-index-creation-in-transaction": (_BLOCK, _BLOCK),
    "transaction-nesting": (_BLOCK, _BLOCK),
    "ban-uncommitted-transaction": (_BLOCK, _BLOCK),
    "identifier-too-long": (_BLOCK, _BLOCK),
    # Users would wait: the table is read, or written anew, under a lock that they need.
    "adding-field-with-default": (_BLOCK, _BLOCK),
    "adding-serial-primary-key-field": (_BLOCK, _BLOCK),
    "adding-foreign-key-constraint": (_BLOCK, _BLOCK),
    "adding-not-nullable-field": (_BLOCK, _WARN),
    "constraint-missing-not-valid": (_BLOCK, _BLOCK),
    "disallowed-unique-constraint": (_BLOCK, _BLOCK),
    "require-concurrent-index-creation": (_BLOCK, _BLOCK),
    "require-concurrent-index-deletion": (_BLOCK, _BLOCK),
    "require-concurrent-partition-detach": (_BLOCK, _BLOCK),
    "require-concurrent-reindex": (_BLOCK, _BLOCK),
    "prefer-repack": (_BLOCK, _BLOCK),
    "ban-alter-domain-with-add-constraint": (_BLOCK, _BLOCK),
    "changing-column-type": (_BLOCK, _BLOCK),
    # The release before would break: right in contract, which waits for the end of its rollback window.
    "adding-required-field": (_BLOCK, _WARN),
    "ban-drop-column": (_BLOCK, _OFF),
    "ban-drop-table": (_BLOCK, _OFF),
    "renaming-column": (_BLOCK, _BLOCK),
    "renaming-table": (_BLOCK, _BLOCK),
    "renaming-object": (_BLOCK, _BLOCK),
    "ban-drop-view": (_BLOCK, _OFF),
    "ban-drop-function": (_BLOCK, _OFF),
    "ban-drop-type": (_BLOCK, _OFF),
    "ban-drop-domain": (_BLOCK, _OFF),
    "ban-drop-sequence": (_BLOCK, _OFF),
    "ban-drop-schema": (_BLOCK, _BLOCK),
    "ban-set-schema": (_BLOCK, _BLOCK),
    # Never what a migration is for.
    "ban-drop-database": (_BLOCK, _BLOCK),
    "ban-truncate-cascade": (_BLOCK, _BLOCK),
    # Good to know.
    "ban-drop-not-null": (_WARN, _OFF),
    "ban-create-domain-with-constraint": (_WARN, _WARN),
    "require-enum-value-ordering": (_WARN, _WARN),
    # A matter of taste, or settled by Tidegate, which sets both timeouts itself and runs each revision once.
    "ban-char-field": (_OFF, _OFF),
    "prefer-bigint-over-int": (_OFF, _OFF),
    "prefer-bigint-over-smallint": (_OFF, _OFF),
    "prefer-identity": (_OFF, _OFF),
    "prefer-robust-stmts": (_OFF, _OFF),
    "prefer-text-field": (_OFF, _OFF),
    "prefer-timestamptz": (_OFF, _OFF),
    "require-table-schema": (_OFF, _OFF),
    "require-timeout-settings": (_OFF, _OFF),
    "require-lock-timeout": (_OFF, _OFF),
    "require-statement-timeout": (_OFF, _OFF),
    # Ours: what an expand must not do, since the release before still runs.
    "phase.drops": (_BLOCK, _OFF),
    "phase.renames": (_BLOCK, _BLOCK),
    "phase.requires": (_BLOCK, _OFF),
    "phase.changes-type": (_BLOCK, _WARN),
    "phase.narrows": (_BLOCK, _WARN),
    "phase.changes-view": (_WARN, _OFF),
    "phase.deletes-rows": (_BLOCK, _WARN),
    # Ours: what makes users wait.
    "lock.rewrites": (_BLOCK, _BLOCK),
    "lock.blocks-writes": (_BLOCK, _BLOCK),
    "lock.updates-all": (_BLOCK, _BLOCK),
    # Ours: what could not be taken up again where it broke off.
    "step.mixed": (_BLOCK, _BLOCK),
    "step.not-resumable": (_BLOCK, _BLOCK),
    "step.own-transaction": (_BLOCK, _BLOCK),
}

OPT_IN = (
    *("renaming-object", "ban-drop-view", "ban-drop-function", "ban-drop-type", "ban-drop-domain"),
    *("ban-drop-sequence", "ban-drop-schema", "ban-set-schema"),
)
"""squawk's rules that it looks at only when told."""

NEVER_ACCEPTED = frozenset(
    {
        *("phase.drops", "phase.renames", "phase.requires", "phase.changes-type", "renaming-object"),
        *("ban-drop-column", "ban-drop-table", "renaming-column", "renaming-table", "adding-required-field"),
        *("syntax-error", "ban-concurrent-index-creation-in-transaction", "transaction-nesting"),
        *("step.mixed", "step.not-resumable", "step.own-transaction"),
    }
)
"""What no reason in a revision's `accepted` lets pass: it would break the release before, or the step itself."""


def severity(rule: str, phase: MigrationPhase) -> Severity:
    """What a finding of a rule does in a phase; a rule that the table does not know blocks."""
    expand, contract = SEVERITIES.get(rule, (Severity.BLOCK, Severity.BLOCK))
    match phase:
        case MigrationPhase.EXPAND:
            return expand
        case MigrationPhase.CONTRACT:
            return contract
