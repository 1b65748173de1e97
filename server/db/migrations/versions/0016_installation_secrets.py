"""Secrets that an installation makes for itself, once."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("""
    create table installation_secrets (
        name text primary key,
        value text not null,
        created_at timestamptz not null default now()
    )
    """)


def downgrade() -> None:
    op.execute("drop table installation_secrets")
