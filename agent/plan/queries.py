"""The SQL of the plan tables, each with what it is for. Values are always bound."""

from __future__ import annotations

_INFO = """v.plan_id, v.version, v.is_current, v.parent, v.merged_from, v.undoes, v.kind, v.hash, v.summary,
    v.rationale, v.issues, v.author_kind, v.author_id, v.proposal_id, v.run_id, v.checkpoint_id, v.created_at"""
_WHOLE = f"{_INFO}, v.doc, v.ops, v.patch, v.inverse"
_PLAN = "id, owner_id, thread_id, domain, title, head, created_at, updated_at"

PLAN = f"select {_PLAN} from plans where id = %(plan_id)s and deleted_at is null"
"""One plan."""

PLANS_OF_THREAD = f"""
    select {_PLAN} from plans
    where thread_id = %(thread_id)s and deleted_at is null
    order by created_at desc, id desc
"""
"""A thread's plans, newest first (index plans_thread)."""

PLANS = f"""
    select {_PLAN} from plans
    where deleted_at is null
        and (%(thread_id)s::uuid is null or thread_id = %(thread_id)s)
        and (%(owner_id)s::text is null or owner_id = %(owner_id)s)
        and (%(domain)s::text is null or domain = %(domain)s)
        and (%(before_id)s::uuid is null or (created_at, id) < (%(before_time)s::timestamptz, %(before_id)s))
    order by created_at desc, id desc
    limit %(limit)s
"""
"""A page of plans, newest first (indexes plans_thread, plans_owner, plans_domain, plans_newest).

The values are known when it is planned, so conditions that are not asked for vanish.
"""

LOCK_PLAN = f"{PLAN} for no key update"
"""One plan, kept from other commits until this transaction ends."""

CREATE_PLAN = """
    insert into plans (id, owner_id, thread_id, domain, title)
    values (%(plan_id)s, %(owner_id)s, %(thread_id)s, %(domain)s, '')
    on conflict (id) do nothing
"""
"""A plan without versions, unless there is one of that id."""

CURRENT_VERSION = f"""
    select {_WHOLE} from plan_versions v
    join plans p on p.id = v.plan_id and p.deleted_at is null
    where v.plan_id = %(plan_id)s and v.is_current
"""
"""A plan's current version, whole (index plan_versions_one_current)."""

VERSION = f"""
    select {_WHOLE} from plan_versions v
    join plans p on p.id = v.plan_id and p.deleted_at is null
    where v.plan_id = %(plan_id)s and v.version = %(version)s
"""
"""One version, whole (primary key)."""

VERSION_WITH_HASH = f"""
    select {_WHOLE} from plan_versions v
    join plans p on p.id = v.plan_id and p.deleted_at is null
    where v.plan_id = %(plan_id)s and v.hash = %(hash)s
    order by v.version desc
    limit 1
"""
"""The newest version of that content, whole (index plan_versions_hash)."""

HISTORY = f"""
    select {_INFO} from plan_versions v
    join plans p on p.id = v.plan_id and p.deleted_at is null
    where v.plan_id = %(plan_id)s and (%(before)s::integer is null or v.version < %(before)s::integer)
    order by v.version desc
    limit %(limit)s
"""
"""Versions without content, newest first (primary key, backwards)."""

INVERSES = """
    select v.inverse from plan_versions v
    where v.plan_id = %(plan_id)s and v.version <= %(version)s and v.version > 1 and v.inverse is not null
    order by v.version desc
    limit %(limit)s
"""
"""What would take back a version's change, newest first (primary key, backwards)."""

UNDO_MARKS = """
    select version, undoes, kind from plan_versions
    where plan_id = %(plan_id)s and version > 1
    order by version desc
"""
"""Which version takes which one back, newest first (primary key, backwards)."""

ITEM_IDS = "select item_id from plan_item_ids where plan_id = %(plan_id)s"
"""Every item id that the plan has ever had (primary key)."""

REGISTER_PROPOSAL = """
    insert into plan_proposals (id, plan_id, base_version, ops, thread_id)
    values (%(id)s, %(plan_id)s, %(base_version)s, %(ops)s, %(thread_id)s)
    on conflict (id) do nothing
"""
"""Note a proposal, unless it was noted before: the commit's idempotency."""

PROPOSAL = "select plan_id, status, committed_version from plan_proposals where id = %(id)s"
"""What became of a proposal."""

SETTLE_PROPOSAL = """
    update plan_proposals
    set status = %(status)s, conflicts = %(conflicts)s, committed_version = %(version)s, patch = %(patch)s
    where id = %(id)s
"""
"""Say what became of a proposal."""

RETIRE_CURRENT = "update plan_versions set is_current = false where plan_id = %(plan_id)s and is_current"
"""The current version is so no longer; runs right before the next is inserted."""

INSERT_VERSION = f"""
    insert into plan_versions as v (
        plan_id, version, is_current, parent, merged_from, undoes, kind, doc, hash, ops, patch, inverse, summary,
        rationale, issues, author_kind, author_id, proposal_id, run_id, checkpoint_id
    ) values (
        %(plan_id)s, %(version)s, true, %(parent)s, %(merged_from)s, %(undoes)s, %(kind)s, %(doc)s, %(hash)s, %(ops)s,
        %(patch)s, %(inverse)s, %(summary)s, %(rationale)s, %(issues)s, %(author_kind)s, %(author_id)s,
        %(proposal_id)s, %(run_id)s, %(checkpoint_id)s
    )
    returning {_WHOLE}
"""
"""A new current version."""

ADVANCE_HEAD = "update plans set head = %(version)s, title = %(title)s, updated_at = now() where id = %(plan_id)s"
"""Point the plan at its new version."""

NOTE_ITEM_IDS = """
    insert into plan_item_ids (plan_id, item_id)
    select %(plan_id)s, unnest(%(item_ids)s::text[])
    on conflict do nothing
"""
"""Remember the ids of new items."""
