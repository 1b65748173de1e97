"""How long threads live."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
    alter table threads
        add column ttl_strategy text check (ttl_strategy in ('delete', 'keep_latest')),
        add column ttl_minutes double precision,
        -- when the thread is swept if nothing happens on it until then
        add column expires_at timestamptz;
    create index threads_expiring on threads (expires_at) where expires_at is not null;
    """)


def downgrade() -> None:
    op.execute("alter table threads drop column ttl_strategy, drop column ttl_minutes, drop column expires_at")
