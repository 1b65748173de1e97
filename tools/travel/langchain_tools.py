"""The travel assistant's tools, all of them."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from tools.arithmetic_tools import SHARED_TOOLS
from tools.travel.edit_tools import EDIT_TOOLS
from tools.travel.place_tools import PLACE_TOOLS
from tools.travel.search_tools import SEARCH_TOOLS
from tools.travel.trip_tools import TRIP_TOOLS

TRAVEL_TOOLS: list[BaseTool] = [*PLACE_TOOLS, *SEARCH_TOOLS, *TRIP_TOOLS, *EDIT_TOOLS]
for _tool in TRAVEL_TOOLS:
    _tool.handle_tool_error = True
ALL_TOOLS: list[BaseTool] = [*TRAVEL_TOOLS, *SHARED_TOOLS]
