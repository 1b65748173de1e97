"""Plans, their versions, and the proposals that became versions."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
    create table plans (
        id uuid primary key,
        -- as the agent's caller names its users; no user table is assumed
        owner_id text,
        -- no foreign key: the agent may run on a server whose threads are elsewhere
        thread_id uuid,
        domain text not null,
        title text not null default '',
        head integer not null default 0 check (head >= 0),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        deleted_at timestamptz
    );
    create index plans_thread on plans (thread_id, created_at desc, id desc) where deleted_at is null;
    create index plans_owner on plans (owner_id, created_at desc, id desc) where deleted_at is null;
    create index plans_domain on plans (domain, created_at desc, id desc) where deleted_at is null;
    create index plans_newest on plans (created_at desc, id desc) where deleted_at is null;

    create table plan_versions (
        plan_id uuid not null references plans on delete cascade,
        version integer not null check (version > 0),
        is_current boolean not null default false,
        -- the version that patch and inverse lead from and to
        parent integer,
        -- the version that the author saw, if others had changed the plan since
        merged_from integer,
        -- the version whose change this one takes back
        undoes integer,
        kind text not null
            check (kind in ('create', 'edit', 'merge', 'undo', 'restore', 'import', 'rebalance')),
        doc jsonb not null,
        hash text not null,
        ops jsonb,
        patch jsonb,
        inverse jsonb,
        summary text not null default '',
        rationale text not null default '',
        issues jsonb not null default '[]',
        author_kind text not null,
        author_id text,
        proposal_id uuid not null,
        run_id uuid,
        checkpoint_id text,
        created_at timestamptz not null default now(),
        primary key (plan_id, version)
    );
    create unique index plan_versions_one_current on plan_versions (plan_id) where is_current;
    create index plan_versions_hash on plan_versions (plan_id, hash, version);

    create table plan_proposals (
        id uuid primary key,
        plan_id uuid not null references plans on delete cascade,
        base_version integer not null,
        ops jsonb,
        patch jsonb,
        status text not null default 'open' check (status in ('open', 'conflict', 'committed')),
        conflicts jsonb not null default '[]',
        committed_version integer,
        thread_id uuid,
        created_at timestamptz not null default now(),
        check ((status = 'committed') = (committed_version is not null))
    );
    create index plan_proposals_plan on plan_proposals (plan_id);

    -- every item id that any version of a plan has had: ids are never used for a second item
    create table plan_item_ids (
        plan_id uuid not null references plans on delete cascade,
        item_id text not null,
        primary key (plan_id, item_id)
    );
    """)


def downgrade() -> None:
    op.execute("drop table plan_item_ids, plan_proposals, plan_versions, plans")
