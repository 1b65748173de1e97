"""A2A's push notifications: who is to be told of a task, and the outbox that tells more than one receiver of a run."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("""
    alter table webhook_deliveries
        -- a run's own webhook has the run's id; the default is for processes of the version before
        add column delivery_id uuid not null default gen_random_uuid(),
        add column kind text not null default 'run' check (kind in ('run', 'a2a'));
    update webhook_deliveries set delivery_id = run_id;
    alter table webhook_deliveries drop constraint webhook_deliveries_pkey, add primary key (delivery_id);
    drop index webhook_deliveries_created;
    drop index webhook_deliveries_status;
    create index webhook_deliveries_run on webhook_deliveries (run_id);
    create index webhook_deliveries_created on webhook_deliveries (created_at desc, delivery_id desc);
    create index webhook_deliveries_status on webhook_deliveries (status, created_at desc, delivery_id desc);

    create table push_configs (
        -- the run that started the task
        run_id uuid not null references runs on delete cascade,
        config_id text not null,
        thread_id uuid not null,
        dialect text not null check (dialect in ('0.3', '1.0')),
        url text not null,
        token text,
        scheme text,
        credentials text,
        -- nothing more is to be told: the task is over, and that was told, or was so before anybody asked
        is_over boolean not null default false,
        created_at timestamptz not null default clock_timestamp(),
        primary key (run_id, config_id)
    );
    create index push_configs_thread on push_configs (thread_id) where not is_over;
    """)


def downgrade() -> None:
    op.execute("""
    drop table push_configs;
    delete from webhook_deliveries where kind <> 'run';
    drop index webhook_deliveries_created;
    drop index webhook_deliveries_status;
    alter table webhook_deliveries drop constraint webhook_deliveries_pkey, add primary key (run_id);
    drop index webhook_deliveries_run;
    create index webhook_deliveries_created on webhook_deliveries (created_at desc, run_id desc);
    create index webhook_deliveries_status on webhook_deliveries (status, created_at desc, run_id desc);
    alter table webhook_deliveries drop column delivery_id, drop column kind;
    """)
