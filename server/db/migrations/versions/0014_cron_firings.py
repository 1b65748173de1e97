"""What became of a cron's last firings."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    # a bounded list with the cron: it is written where the cron is moved on, and goes with it
    op.execute("alter table crons add column firings jsonb not null default '[]'")


def downgrade() -> None:
    op.execute("alter table crons drop column firings")
