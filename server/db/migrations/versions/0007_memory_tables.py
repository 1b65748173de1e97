"""Which tables hold remembered texts as vectors; those of a thread's messages go with the thread."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("""
    create table memory_tables (
        name text primary key,
        sort text not null,
        model text not null,
        dimensions integer not null,
        created_at timestamptz not null default now()
    );
    create function forget_messages_of_thread() returns trigger language plpgsql as $$
    declare
        vectors text;
    begin
        for vectors in select name from memory_tables where sort = 'messages' loop
            if to_regclass(format('public.%I', vectors)) is not null then
                execute format('delete from public.%I where thread_id = $1', vectors) using old.thread_id::text;
            end if;
        end loop;
        return null;
    end $$;
    create trigger forget_messages after delete on threads for each row execute function forget_messages_of_thread();
    """)


def downgrade() -> None:
    op.execute("""
    drop trigger forget_messages on threads;
    drop function forget_messages_of_thread();
    do $$
    declare
        vectors text;
    begin
        for vectors in select name from memory_tables loop
            execute format('drop table if exists public.%I', vectors);
        end loop;
    end $$;
    drop table memory_tables;
    """)
