"""What the figures were measured on."""

import os
import platform
from importlib.metadata import version
from typing import Any

import psutil
import psycopg

_PACKAGES = ("planloom", "langgraph", "langgraph-api", "langgraph-checkpoint-postgres", "psycopg", "uvicorn")
_POSTGRES = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_connections")


def machine_facts(database_url: str) -> dict[str, Any]:
    """Cores, memory, versions and what Postgres is set to; nothing that names the machine."""
    with psycopg.connect(database_url) as connection:
        settings = {name: _shown(connection, name) for name in _POSTGRES}
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "postgres": settings,
        "packages": {name: version(name) for name in _PACKAGES},
        "load_before": round(os.getloadavg()[0], 1),
    }


def _shown(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""
