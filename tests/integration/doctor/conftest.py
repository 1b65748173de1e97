"""What needs a program that this machine does not have is left out; the header of the run names it."""

from tests.scale.companions import missing

collect_ignore = ["test_redis.py"] if missing() else []
