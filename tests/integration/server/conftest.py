"""What can only be tested beside companions that this machine may not have."""

from tests.scale.companions import missing

collect_ignore = ["test_redis_carrier.py"] if missing() else []
