"""Real database servers for scratch databases and the embedded cloud: PostgreSQL and MariaDB on 127.0.0.1.

A server is started from a template that is made once for each version, has no durability (it is thrown away), asks
for a password, and never outlives the process that started it. Imports nothing of ours but `errors`.
"""

from tidegate.engines.binaries import ENGINES, available
from tidegate.engines.errors import EngineFailed, EngineMissing
from tidegate.engines.login import Login
from tidegate.engines.mariadb import mariadb
from tidegate.engines.postgresql import postgresql
from tidegate.engines.server import Server

__all__ = ["ENGINES", "EngineFailed", "EngineMissing", "Login", "Server", "available", "mariadb", "postgresql"]
