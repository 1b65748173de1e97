"""Any A2A agent may talk to the assistants: a task that is streamed, one that asks, and the answer to it.

Usage: python examples/a2a_client.py [URL]
"""

import asyncio
import sys
from uuid import uuid4

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.types import Message, Part, Role, SendMessageRequest, Task, TaskState
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Value

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"
APPROVED = {"resume": {"decisions": [{"type": "approve"}]}}


async def main() -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        card = await A2ACardResolver(http, f"{URL}/a2a/coach").get_agent_card()
        print("[card]", card.name, "-", card.description)
        client = ClientFactory(ClientConfig(httpx_client=http)).create(card)

        async def say(part: Part, task: Task) -> Task:
            """Send one message, print how its task goes on, and return the task as it is then."""
            said = Message(message_id=str(uuid4()), role=Role.ROLE_USER, parts=[part])
            said.task_id, said.context_id = task.id, task.context_id
            async for event in client.send_message(SendMessageRequest(message=said)):
                if event.HasField("task"):
                    task = event.task
                elif event.HasField("artifact_update"):
                    print(*(part.text for part in event.artifact_update.artifact.parts if part.text), sep="\n")
                elif event.HasField("status_update"):
                    task.status.CopyFrom(event.status_update.status)
            print("[task]", TaskState.Name(task.status.state))
            if task.status.state == TaskState.TASK_STATE_INPUT_REQUIRED:
                print(task.status.message.parts[0].text)
            return task

        plan = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
        first = await say(Part(text=plan), Task())
        change = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"
        asking = await say(Part(text=change), Task(context_id=first.context_id))
        await say(Part(data=ParseDict(APPROVED, Value())), asking)


asyncio.run(main())
