"""Turn down changes of the plan while a red flag is active, whoever proposes them."""

from __future__ import annotations

from typing import Any

from agent.results import held
from agent.state import State
from agent.turn import changing_calls


async def hold(state: State) -> dict[str, Any]:
    """Answer every call that would change the plan with why it doesn't."""
    return {"messages": [held(call) for call in changing_calls(state["messages"])], "proposal": None}
