"""The embedded AWS: real wire protocols on 127.0.0.1, no account, no Docker.

Imports nothing else of Tidegate but `engines`, which knows nothing of it. `server.EmbeddedCloud` composes the
services; each service is a package of its own: `state` (a pure state machine), `api` (the wire) and `errors`. What
Tidegate's mission is not about is run by moto, in-process (`emulated`).
"""
