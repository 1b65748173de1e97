"""What tasks had written on a checkpoint before a run went on from there, so that the run can be taken back."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
    create table checkpoint_writes_before (
        thread_id text not null,
        run_id text not null,
        checkpoint_ns text not null,
        checkpoint_id text not null,
        -- as in checkpoint_writes; an empty one says that the checkpoint was looked at
        task_id text not null,
        idx integer not null,
        channel text not null,
        type text,
        blob bytea,
        task_path text not null,
        primary key (thread_id, run_id, checkpoint_ns, checkpoint_id, task_id, idx)
    );
    """)


def downgrade() -> None:
    op.execute("drop table checkpoint_writes_before")
