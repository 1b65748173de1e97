"""Every version of an assistant, so that an earlier one can be set again."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("""
    create table assistant_versions (
        assistant_id uuid not null references assistants on delete cascade,
        version integer not null,
        graph_id text not null,
        name text not null,
        description text,
        config jsonb not null,
        context jsonb not null,
        metadata jsonb not null,
        created_at timestamptz not null default now(),
        primary key (assistant_id, version)
    );
    insert into assistant_versions
        select assistant_id, version, graph_id, name, description, config, context, metadata, updated_at from assistants;
    """)


def downgrade() -> None:
    op.execute("drop table assistant_versions")
