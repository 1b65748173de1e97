"""Whether a run goes on with what the run before it was about, and whether it stopped at an interrupt: an A2A task is a run
with those that continue it, and it needs input while the last of them waits."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("""
    alter table runs
        add column continues boolean not null default false,
        add column waits boolean not null default false;
    update runs set continues = true where jsonb_typeof(kwargs #> '{command,resume}') <> 'null';
    update runs set waits = true from threads
        where threads.thread_id = runs.thread_id and threads.status = 'interrupted' and runs.status = 'success'
            and not exists (select from runs as later where later.thread_id = runs.thread_id
                            and (later.created_at, later.run_id) > (runs.created_at, runs.run_id));
    create index runs_of_assistant on runs (assistant_id, created_at desc, run_id desc)
        where not continues and not kwargs @> '{"temporary": true}';
    """)


def downgrade() -> None:
    op.execute("""
    drop index runs_of_assistant;
    alter table runs drop column continues, drop column waits;
    """)
