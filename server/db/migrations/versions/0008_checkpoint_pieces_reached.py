"""All pieces that a stored value is made of, in one call."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    # A recursive query would do it, too, but is planned as if it found millions; `limit 1` keeps to the primary key.
    op.execute("""
    create function checkpoint_pieces_reached(of_thread text, piece_names bytea[], group_names bytea[])
    returns table (name bytea, piece bytea)
    language plpgsql stable rows 100 as $$
    #variable_conflict use_column
    declare
        wanted bytea[] := piece_names || group_names;
        groups bytea[] := group_names;
    begin
        while cardinality(wanted) > 0 loop
            return query
                select part.name, part.piece from unnest(wanted) as one(name)
                cross join lateral (
                    select name, piece from checkpoint_pieces where thread_id = of_thread and name = one.name limit 1
                ) as part;
            select coalesce(array_agg(distinct named.name), '{}'),
                   coalesce(array_agg(distinct named.name) filter (where named.is_group), '{}')
            into wanted, groups
            from unnest(groups) as one(name)
            cross join lateral (
                select piece from checkpoint_pieces where thread_id = of_thread and name = one.name limit 1
            ) as part, lateral checkpoint_piece_names(part.piece) as named;
        end loop;
    end $$;
    """)


def downgrade() -> None:
    op.execute("drop function checkpoint_pieces_reached")
