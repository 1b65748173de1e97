"""Assistants by the names of their tools in MCP: found there, not by looking at all of them."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(r"""
    create index assistants_tool on assistants (
        (coalesce(nullif(left(btrim(regexp_replace(name, '[^A-Za-z0-9_.-]+', '_', 'g'), '_'), 64), ''), 'assistant')),
        created_at, assistant_id
    );
    create index assistants_tail on assistants ((right(assistant_id::text, 8)));
    """)


def downgrade() -> None:
    op.execute("drop index assistants_tail; drop index assistants_tool")
