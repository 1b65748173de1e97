"""What a conversation carries from step to step, and what a checkpoint stores.

Besides messages every value is plain JSON, so that a stored thread never depends on a class path. The plan itself
is not here: `plan_ref` points at it (see `agent.plan.repository`); only the change that waits for a decision is.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from langchain_core.messages import AnyMessage
from langgraph.channels.delta import DeltaChannel
from pydantic import Field
from typing_extensions import TypedDict

from agent.messages import merged_messages

Json = dict[str, Any]

# The one place that says how messages are kept: what each step wrote is stored, and the whole list once every so many
# writes, under any checkpointer. Changing this changes the on-disk format of every thread; lists that were stored
# whole (by `add_messages`) are read as they are.
SNAPSHOT_FREQUENCY = 50
MessagesChannel = Annotated[
    list[AnyMessage],
    Field(title="Messages", description="The conversation so far, oldest first."),
    DeltaChannel(merged_messages, snapshot_frequency=SNAPSHOT_FREQUENCY),
]


class InputState(TypedDict):
    """What a caller sends: messages."""

    messages: MessagesChannel


class State(TypedDict):
    """What the graph works on."""

    messages: MessagesChannel
    plan_ref: NotRequired[
        Annotated[
            Json | None,
            Field(title="Plan", description="Which plan this thread works on: plan_id, version, hash."),
        ]
    ]
    meanwhile: NotRequired[
        Annotated[
            str | None,
            Field(title="Meanwhile", description="What others changed in the plan since the last turn, in words."),
        ]
    ]
    proposal: NotRequired[
        Annotated[
            Json | None,
            Field(title="Proposal", description="The change under way, until it is committed or turned down."),
        ]
    ]
    retrieved: NotRequired[
        Annotated[
            list[Json],
            Field(
                title="Retrieved",
                description="Passages found for the last question: id, source, title, text.",
            ),
        ]
    ]
    summary: NotRequired[
        Annotated[str, Field(title="Summary", description="Of the messages that were taken out of the conversation.")]
    ]
    memories: NotRequired[
        Annotated[
            list[str] | None,
            Field(title="Memories", description="What is remembered about the user; null without a memory store."),
        ]
    ]
    facts: NotRequired[
        Annotated[
            Json,
            Field(title="Facts", description="What the domain knows for this turn, such as regions of a drawing."),
        ]
    ]
    safety: NotRequired[
        Annotated[
            Json,
            Field(
                title="Safety", description="Red flags: asked (a question is open), active (edits are held), advice."
            ),
        ]
    ]
    outcome: NotRequired[
        Annotated[
            Json,
            Field(title="Outcome", description="What this turn did: plan_updated, version, failed, escalated."),
        ]
    ]


class OutputState(TypedDict):
    """What a caller reads back."""

    messages: MessagesChannel
    plan_ref: NotRequired[
        Annotated[Json | None, Field(title="Plan", description="The current plan: plan_id, version, hash.")]
    ]
    outcome: NotRequired[
        Annotated[
            Json, Field(title="Outcome", description="What this turn did: plan_updated, version, failed, escalated.")
        ]
    ]
