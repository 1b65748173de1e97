"""What the values of checkpoints share: the items of lists, each stored once per thread."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("""
    create table checkpoint_pieces (
        thread_id text not null,
        -- of the piece's bytes
        name bytea not null,
        piece bytea not null,
        primary key (thread_id, name)
    );

    -- what a manifest or a group of them names: 17 bytes each after the first byte, 1 a piece, 2 a group, others literal
    create function checkpoint_piece_names(manifest bytea) returns table (name bytea, is_group boolean)
    language sql immutable parallel safe as $$
        select substring(manifest from 17 * place + 3 for 16), get_byte(manifest, 17 * place + 1) = 2
        from generate_series(0, (octet_length(manifest) - 2) / 17) as place
        where get_byte(manifest, 17 * place + 1) in (1, 2)
    $$;

    -- Before values that name pieces are written: nobody takes pieces of the thread away until the transaction ends, and
    -- those that are not written along are there. Whoever takes pieces away has this lock alone.
    create function checkpoint_pieces_held(of_thread text, names bytea[]) returns void
    language plpgsql as $$
    begin
        perform pg_advisory_xact_lock_shared(hashtext('checkpoint_pieces'), hashtext(of_thread));
        if (select count(*) from checkpoint_pieces where thread_id = of_thread and name = any(names))
            < cardinality(names)
        then
            raise exception 'a piece of a checkpoint of thread % is not there', of_thread using errcode = 'PLPCE';
        end if;
    end $$;
    """)


def downgrade() -> None:
    op.execute("""
    do $$ begin
        if exists (select from checkpoint_pieces) then
            raise exception 'checkpoints are stored in pieces: run `planloom checkpoints --as whole` first';
        end if;
    end $$;
    drop table checkpoint_pieces;
    drop function checkpoint_pieces_held;
    drop function checkpoint_piece_names;
    """)
