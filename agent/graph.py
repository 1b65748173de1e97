"""The planning agent as a graph: one core for every domain.

load_context → safety_gate → retrieve (→ summarise) → agent ⇄ tools
               │                            ├→ plan → plan_diff → validate → approve (→ revise) → commit → agent
               │                            └→ respond → remember
               ├→ commit (a yes that was typed while a change waited)
               └→ escalate, ask_first → remember
A change goes from the model's calls (`plan` drafts new plans, `plan_diff` compiles edits) over the rules to a version;
what fails on the way goes back to the model, at most three times. A red flag in the person's words ends the turn before
any model is asked; while one is active, `hold` turns changes down.
"""

from __future__ import annotations

from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agent.context import Context, context_of
from agent.domain import Domain
from agent.external.servers import servers
from agent.history import cut
from agent.models import history_budget
from agent.nodes.agent import agent_node
from agent.nodes.approve import approve
from agent.nodes.commit import commit_node
from agent.nodes.escalate import ask_first, escalate
from agent.nodes.hold import hold
from agent.nodes.load_context import load_context_node
from agent.nodes.plan import plan_node
from agent.nodes.plan_diff import plan_diff_node
from agent.nodes.remember import remember_node
from agent.nodes.respond import respond
from agent.nodes.retrieve import retrieve_node
from agent.nodes.revise import revise_node
from agent.nodes.safety_gate import safety_gate_node
from agent.nodes.summarise import summarise_node
from agent.nodes.tools import tools_node
from agent.nodes.validate import validate_node
from agent.proposals import calls_of
from agent.schemas.plan_tools import BUILD, CHANGING
from agent.state import InputState, OutputState, State
from agent.turn import (
    calls_exhausted,
    changing_calls,
    decided_in_words,
    just_decided,
    open_calls,
    repairs_exhausted,
    unreadable_calls,
)

PlanGraph = StateGraph[State, Context, InputState, OutputState]


def build_graph(domain: Domain) -> PlanGraph:
    """The graph of a domain, not compiled: whoever runs it brings the checkpointer and the store.

    Raises `BadServersError` if `MCP_SERVERS` says what cannot be: when a server starts, not in somebody's turn.
    """
    servers()
    graph = StateGraph(domain.state, context_schema=Context, input_schema=domain.input_state, output_schema=OutputState)
    # A domain may have input fields of its own, which this node reads.
    graph.add_node("load_context", load_context_node(domain), input_schema=domain.state)
    graph.add_node("safety_gate", safety_gate_node(domain))
    graph.add_node("escalate", escalate)
    graph.add_node("ask_first", ask_first)
    graph.add_node("retrieve", retrieve_node(domain))
    graph.add_node("agent", agent_node(domain))
    graph.add_node("tools", tools_node(domain))
    graph.add_node("summarise", summarise_node(domain))
    graph.add_node("respond", respond)
    graph.add_node("remember", remember_node(domain))
    graph.add_edge(START, "load_context")
    graph.add_edge("load_context", "safety_gate")
    graph.add_edge("escalate", "remember")
    graph.add_edge("ask_first", "remember")
    graph.add_conditional_edges("retrieve", after_retrieve)
    graph.add_edge("summarise", "agent")
    graph.add_edge("respond", "remember")
    graph.add_edge("remember", END)
    if domain.plans:
        _add_plan_nodes(graph, domain)
    else:
        graph.add_conditional_edges("safety_gate", after_safety_gate_without_plans)
        graph.add_conditional_edges("agent", after_agent_without_plans)
        graph.add_conditional_edges("tools", back_to_agent)
    return graph


def _add_plan_nodes(graph: PlanGraph, domain: Domain) -> None:
    """The way from calls that change the plan to a version."""
    graph.add_node("hold", hold)
    graph.add_node("plan", plan_node(domain))
    graph.add_node("plan_diff", plan_diff_node(domain))
    graph.add_node("validate", validate_node(domain))
    graph.add_node("approve", approve)
    graph.add_node("revise", revise_node(domain))
    graph.add_node("commit", commit_node(domain))
    graph.add_conditional_edges("safety_gate", after_safety_gate)
    graph.add_conditional_edges("agent", after_agent)
    graph.add_conditional_edges("tools", after_tools)
    graph.add_conditional_edges("hold", back_to_agent)
    graph.add_conditional_edges("plan", after_plan)
    graph.add_conditional_edges("plan_diff", after_plan_diff)
    graph.add_conditional_edges("validate", after_validate)
    graph.add_conditional_edges("approve", after_approve)
    graph.add_conditional_edges("revise", after_revise)
    graph.add_conditional_edges("commit", after_commit)


def after_safety_gate(state: State) -> Literal["escalate", "ask_first", "commit", "retrieve", "agent", "respond"]:
    """A red flag ends the turn here, so does the question whether it is one; a change that was just approved goes in."""
    goes_on = after_safety_gate_without_plans(state)
    if goes_on in ("escalate", "ask_first"):
        return goes_on
    if (state.get("proposal") or {}).get("approved"):
        return "commit"
    return back_to_agent(state) if just_decided(state["messages"]) else goes_on


def after_safety_gate_without_plans(state: State) -> Literal["escalate", "ask_first", "retrieve"]:
    """Where there are no plans nothing waits for approval."""
    outcome = (state.get("safety") or {}).get("outcome")
    if outcome == "escalated":
        return "escalate"
    return "ask_first" if outcome == "asked" else "retrieve"


def after_retrieve(state: State, runtime: Runtime[Context]) -> Literal["summarise", "agent"]:
    """A history that is longer than its budget is shortened before a model is shown it."""
    too_long = cut(state["messages"], history_budget(context_of(runtime).history_tokens)) is not None
    return "summarise" if too_long else "agent"


def after_agent(state: State) -> Literal["tools", "hold", "plan", "plan_diff", "respond"]:
    """Other tools first, then changes; without calls the turn ends."""
    calls = open_calls(state["messages"])
    if unreadable_calls(state["messages"]) or any(call.name not in CHANGING for call in calls):
        return "tools"
    return _changes(state) if calls else "respond"


def after_agent_without_plans(state: State) -> Literal["tools", "respond"]:
    """Where there are no plans every call is a tool's."""
    calling = open_calls(state["messages"]) or unreadable_calls(state["messages"])
    return "tools" if calling else "respond"


def after_tools(state: State) -> Literal["agent", "hold", "plan", "plan_diff", "respond"]:
    """The changes that the same message asked for, or back to the model."""
    return _changes(state) if changing_calls(state["messages"]) else back_to_agent(state)


def after_plan(state: State) -> Literal["plan_diff", "agent", "respond"]:
    return "plan_diff" if state.get("proposal") else back_to_agent(state)


def after_plan_diff(state: State) -> Literal["validate", "agent", "respond"]:
    return "validate" if state.get("proposal") else back_to_agent(state)


def after_validate(state: State) -> Literal["approve", "commit", "agent", "respond"]:
    proposal = state.get("proposal")
    if not proposal:
        return back_to_agent(state)
    return "approve" if proposal["approval"] else "commit"


def after_approve(
    state: State,
) -> Literal["commit", "revise", "safety_gate", "hold", "plan", "plan_diff", "agent", "respond"]:
    """Approved goes in, chosen among or edited is made anew and checked again, anything else goes back to the model."""
    proposal = state.get("proposal")
    if not proposal:
        # What a person writes beside a decision goes to the model as well, so the safety rules read it first.
        return "safety_gate" if decided_in_words(state["messages"]) else back_to_agent(state)
    if proposal.get("chosen"):
        return "revise"
    return "commit" if proposal.get("approved") else _changes(state)


def after_revise(state: State) -> Literal["commit", "approve"]:
    """A choice that cannot be carried out is asked for again."""
    return "commit" if (state.get("proposal") or {}).get("approved") else "approve"


def after_commit(state: State) -> Literal["approve", "agent", "respond"]:
    """What would no longer do what was shown is shown again."""
    return "approve" if state.get("proposal") else back_to_agent(state)


def back_to_agent(state: State) -> Literal["agent", "respond"]:
    """To the model again, unless it has had its chances."""
    messages = state["messages"]
    return "respond" if repairs_exhausted(messages) or calls_exhausted(messages) else "agent"


def _changes(state: State) -> Literal["hold", "plan", "plan_diff"]:
    if (state.get("safety") or {}).get("active"):
        return "hold"
    builds = any(call.name == BUILD for call in calls_of(state))
    return "plan" if builds else "plan_diff"
