"""Assistants, threads, runs and their events."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
    create table assistants (
        assistant_id uuid primary key,
        graph_id text not null,
        name text not null,
        description text,
        config jsonb not null default '{}',
        context jsonb not null default '{}',
        metadata jsonb not null default '{}',
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
    );
    create index assistants_created on assistants (created_at desc, assistant_id);
    create index assistants_graph on assistants (graph_id);
    create index assistants_metadata on assistants using gin (metadata jsonb_path_ops);

    create table threads (
        thread_id uuid primary key,
        status text not null default 'idle' check (status in ('idle', 'busy', 'interrupted', 'error')),
        metadata jsonb not null default '{}',
        config jsonb not null default '{}',
        -- text, not jsonb: what a graph returns is shown as it was encoded, key order included
        values text,
        interrupts text,
        error jsonb,
        -- false until the first run or state write; such a thread shows neither error nor interrupts
        touched boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        state_updated_at timestamptz not null default now()
    );
    create index threads_updated on threads (updated_at desc, thread_id);
    create index threads_created on threads (created_at desc, thread_id);
    create index threads_state_updated on threads (state_updated_at desc, thread_id);
    create index threads_status on threads (status, updated_at desc);
    create index threads_metadata on threads using gin (metadata jsonb_path_ops);

    create table runs (
        run_id uuid primary key,
        thread_id uuid not null references threads on delete cascade,
        assistant_id uuid not null,
        graph_id text not null,
        status text not null default 'pending'
            check (status in ('pending', 'running', 'success', 'error', 'interrupted', 'timeout')),
        kwargs jsonb not null,
        metadata jsonb not null default '{}',
        multitask_strategy text not null,
        -- handed to the job queue and not finished yet
        dispatched boolean not null default false,
        -- what a caller asked for while the run was not over; survives the caller and the worker
        cancel_action text check (cancel_action in ('interrupt', 'rollback')),
        attempt integer not null default 0,
        -- until when the worker that claimed the run vouches for it
        lease_until timestamptz,
        scheduled_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        started_at timestamptz,
        ended_at timestamptz
    );
    -- One active run per thread: held here, so that two processes can never both win.
    create unique index runs_one_active on runs (thread_id) where dispatched;
    create index runs_thread on runs (thread_id, created_at desc, run_id desc);
    create index runs_waiting on runs (thread_id, created_at, run_id) where status = 'pending';
    create index runs_unfinished on runs (status) where status in ('pending', 'running');
    create index runs_leased on runs (lease_until) where dispatched;

    create table run_events (
        -- no reference: a run without a thread is gone when it is over, but its readers may not have read its end yet
        run_id uuid not null,
        seq bigint not null,
        event text not null,
        -- JSON as it goes over the wire, encoded once
        data text not null,
        at timestamptz not null,
        primary key (run_id, seq)
    );
    create index run_events_over on run_events (at) where event = '__end__';
    create index run_events_gone on run_events (at) where event = '__end__' and data = '"gone"';
    """)


def downgrade() -> None:
    op.execute("drop table run_events, runs, threads, assistants")
