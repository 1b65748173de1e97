"""Webhooks that are to be sent, and what came of those that were; why a run was cancelled."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("""
    alter table runs add column cancel_reason text;

    create table webhook_deliveries (
        -- a run is final once, so it has one; no reference: a run may be gone when it is over
        run_id uuid primary key,
        thread_id uuid not null,
        -- who may see it, once its thread is gone
        thread_metadata jsonb not null,
        run_status text not null,
        url text not null,
        status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
        -- text, not jsonb: sent as it was encoded; gone once it is delivered
        payload text,
        attempt integer not null default 0,
        last_attempt integer not null,
        attempts jsonb not null default '[]',
        -- when the next attempt is to begin
        due_at timestamptz,
        -- until when a job, or the worker that makes the attempt, vouches for it
        lease_until timestamptz,
        created_at timestamptz not null default clock_timestamp(),
        ended_at timestamptz
    );
    create index webhook_deliveries_created on webhook_deliveries (created_at desc, run_id desc);
    create index webhook_deliveries_status on webhook_deliveries (status, created_at desc, run_id desc);
    create index webhook_deliveries_leased on webhook_deliveries (lease_until) where status = 'pending';
    create index webhook_deliveries_ended on webhook_deliveries (ended_at) where ended_at is not null;
    """)


def downgrade() -> None:
    op.execute("drop table webhook_deliveries; alter table runs drop column cancel_reason")
