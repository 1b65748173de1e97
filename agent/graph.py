"""The planning agent as a graph: one core for every domain.

load_context → retrieve → agent ⇄ tools
                            ├→ plan → plan_diff → validate → approve → commit → agent
                            └→ respond → remember
A change goes from the model's calls (`plan` drafts new plans, `plan_diff` compiles edits) over the rules to a version;
what fails on the way goes back to the model, at most three times.
"""

from __future__ import annotations

from typing import Literal

from langgraph.graph import END, START, StateGraph

from agent.context import Context
from agent.domain import Domain
from agent.nodes.agent import agent_node
from agent.nodes.approve import approve
from agent.nodes.commit import commit_node
from agent.nodes.load_context import load_context
from agent.nodes.plan import plan_node
from agent.nodes.plan_diff import plan_diff_node
from agent.nodes.remember import remember
from agent.nodes.respond import respond
from agent.nodes.retrieve import retrieve_node
from agent.nodes.tools import tools_node
from agent.nodes.validate import validate_node
from agent.proposals import calls_of
from agent.schemas.plan_tools import BUILD, CHANGING
from agent.state import InputState, OutputState, State
from agent.turn import calls_exhausted, changing_calls, open_calls, repairs_exhausted, unreadable_calls

PlanGraph = StateGraph[State, Context, InputState, OutputState]


def build_graph(domain: Domain) -> PlanGraph:
    """The graph of a domain, not compiled: whoever runs it brings the checkpointer and the store."""
    graph = StateGraph(State, context_schema=Context, input_schema=InputState, output_schema=OutputState)
    graph.add_node("load_context", load_context)
    graph.add_node("retrieve", retrieve_node(domain))
    graph.add_node("agent", agent_node(domain))
    graph.add_node("tools", tools_node(domain))
    graph.add_node("plan", plan_node(domain))
    graph.add_node("plan_diff", plan_diff_node(domain))
    graph.add_node("validate", validate_node(domain))
    graph.add_node("approve", approve)
    graph.add_node("commit", commit_node(domain))
    graph.add_node("respond", respond)
    graph.add_node("remember", remember)
    graph.add_edge(START, "load_context")
    graph.add_edge("load_context", "retrieve")
    graph.add_edge("retrieve", "agent")
    graph.add_conditional_edges("agent", after_agent)
    graph.add_conditional_edges("tools", after_tools)
    graph.add_conditional_edges("plan", after_plan)
    graph.add_conditional_edges("plan_diff", after_plan_diff)
    graph.add_conditional_edges("validate", after_validate)
    graph.add_conditional_edges("approve", after_approve)
    graph.add_conditional_edges("commit", back_to_agent)
    graph.add_edge("respond", "remember")
    graph.add_edge("remember", END)
    return graph


def after_agent(state: State) -> Literal["tools", "plan", "plan_diff", "respond"]:
    """Other tools first, then changes; without calls the turn ends."""
    calls = open_calls(state["messages"])
    if unreadable_calls(state["messages"]) or any(call.name not in CHANGING for call in calls):
        return "tools"
    return _changes(state) if calls else "respond"


def after_tools(state: State) -> Literal["agent", "plan", "plan_diff", "respond"]:
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


def after_approve(state: State) -> Literal["commit", "plan", "plan_diff", "agent", "respond"]:
    """Approved goes in, edited is compiled and checked again, anything else goes back to the model."""
    proposal = state.get("proposal")
    if not proposal:
        return back_to_agent(state)
    return "commit" if proposal.get("approved") else _changes(state)


def back_to_agent(state: State) -> Literal["agent", "respond"]:
    """To the model again, unless it has had its chances."""
    messages = state["messages"]
    return "respond" if repairs_exhausted(messages) or calls_exhausted(messages) else "agent"


def _changes(state: State) -> Literal["plan", "plan_diff"]:
    builds = any(call.name == BUILD for call in calls_of(state))
    return "plan" if builds else "plan_diff"
