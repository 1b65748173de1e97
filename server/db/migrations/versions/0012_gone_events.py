"""How many events of a thread went with runs that were deleted or rolled back: their places are not given to others."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("alter table threads add column gone_events bigint not null default 0")


def downgrade() -> None:
    op.execute("alter table threads drop column gone_events")
