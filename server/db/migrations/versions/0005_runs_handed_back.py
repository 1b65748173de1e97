"""How often a run was handed back in order, and what its log held before it was swept."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
    alter table runs
        -- attempts that ended because their worker was asked to stop: they do not count as lost
        add column handed_back integer not null default 0,
        -- the number of the end of the run's log, once that was swept: who has read less misses something
        add column swept_seq bigint;
    """)


def downgrade() -> None:
    op.execute("alter table runs drop column handed_back, drop column swept_seq")
