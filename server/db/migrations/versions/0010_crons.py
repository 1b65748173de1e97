"""Crons, and the clock that they go by."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("""
    create table crons (
        cron_id uuid primary key,
        assistant_id uuid not null references assistants on delete cascade,
        -- null: each run has a thread of its own
        thread_id uuid references threads on delete cascade,
        schedule text not null,
        timezone text,
        end_time timestamptz,
        enabled boolean not null,
        on_run_completed text check (on_run_completed in ('delete', 'keep')),
        -- what a run is given, as it was asked for
        payload jsonb not null,
        metadata jsonb not null default '{}',
        -- who made it, for whom it fires
        user_id text not null default '',
        caller jsonb not null default '{}',
        -- the firing that comes next: whoever moves it on fires, and in the same transaction. Null: there is none any more
        next_run_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
    );
    create index crons_due on crons (next_run_at) where enabled;
    create index crons_created on crons (created_at desc, cron_id);
    create index crons_updated on crons (updated_at desc, cron_id);
    create index crons_assistant on crons (assistant_id);
    create index crons_thread on crons (thread_id) where thread_id is not null;
    create index crons_metadata on crons using gin (metadata jsonb_path_ops);

    -- The one clock of all processes that fire. A test that moves it puts another in its place.
    create function crons_now() returns timestamptz language sql volatile as 'select clock_timestamp()';
    """)


def downgrade() -> None:
    op.execute("drop table crons; drop function crons_now")
