// The README's conversation by the JavaScript SDK: a plan, an edit that asks for approval, the approval, and undo.
//
// Usage: npm install @langchain/langgraph-sdk @langchain/core, then node examples/conversation.mjs [URL]

import { Client } from "@langchain/langgraph-sdk";

const client = new Client({ apiUrl: process.argv[2] ?? "http://127.0.0.1:2024" });
const thread = await client.threads.create();

async function turn(given) {
  const streamMode = ["messages-tuple", "custom"];
  for await (const part of client.runs.stream(thread.thread_id, "coach", { streamMode, ...given })) {
    if (part.event === "messages") {
      const [message] = part.data;
      if (message.type === "AIMessageChunk") process.stdout.write(message.content);
    } else if (part.event === "custom" && part.data.type === "plan.diff") {
      console.log("\n[diff]", part.data.summary);
    }
  }
  console.log();
}

function said(text) {
  return { messages: [{ type: "human", content: text }] };
}

await turn({ input: said("I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days") });
await turn({ input: said("move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer") });
const state = await client.threads.getState(thread.thread_id);
const [asked] = state.tasks[0].interrupts[0].value.action_requests;
console.log("[asked]", asked.description.split("\n")[0]);
await turn({ command: { resume: { decisions: [{ type: "approve" }] } } });
await turn({ input: said("undo that") });
