"""Carry out what a person chose of a proposal: some of its changes, and whose side is kept in its conflicts."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.context import Context, context_of
from agent.domain import Circumstances, Domain
from agent.nodes.node import Node
from agent.plan.diff import Diff
from agent.plan_store import base_of, repository
from agent.proposed_change import proposed
from agent.reproposal import chosen
from agent.schemas import events
from agent.state import State


def revise_node(domain: Domain) -> Node:
    """The node after an approval that chose. A choice that cannot be carried out is asked for again."""

    async def revise(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        told = dict(state.get("proposal") or {})
        plans = await repository()
        base = await base_of(told, runtime, plans)
        before = base.document(domain.name)
        origin = None
        if told["origin"] is not None:
            origin = await base_of({**told, "base_version": told["origin"]["base_version"]}, runtime, plans)
        proposal = chosen(
            told,
            before,
            origin.document(domain.name) if origin is not None else None,
            domain,
            Circumstances.of(context_of(runtime), state.get("facts")),
            is_first=base.version is None,
        )
        if proposal.get("approved") and base.version is not None and proposal["changes"]:
            runtime.stream_writer(
                events.plan_diff(
                    plan_id=proposal["plan_id"],
                    base_version=base.number,
                    proposal_id=proposal["id"],
                    change=Diff.from_json(proposal["diff"]),
                    before=before,
                    after=proposed(proposal, base, domain),
                )
            )
        return {"proposal": proposal}

    return revise
