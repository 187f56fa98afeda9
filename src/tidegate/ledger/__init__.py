"""The ledger: runs, releases, what is live, locks. Append-only streams of records under a chained hash.

`ledger.Ledger` is the typed entrance, `ledger.open_ledger` opens the file of a product. Below it, one layer each:
`codec` (record ↔ JSON), `chain` (the hash, and the only place that computes it), `store` (the port), `sqlite` and
`memory` (stores). Views are pure folds over records: `run_view` and `environment_view`.
"""
