"""Counts the plan versions that this process stores, by whichever way they came."""

from prometheus_client import Counter

from agent.plan.records import PlanVersion

VERSIONS = Counter("plan_versions_total", "Plan versions stored", ("domain", "kind"))


def count(version: PlanVersion) -> None:
    """Count one."""
    VERSIONS.labels(version.document.domain, version.kind).inc()
