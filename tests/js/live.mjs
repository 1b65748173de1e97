// Clients of the Planloom that `python -m tests.js` serves (the graphs of tests/project), and what tests say to it.

import { Client } from "@langchain/langgraph-sdk";

export const url = process.env.PLANLOOM_URL;
if (!url) throw new Error("PLANLOOM_URL is not set: run these tests with `make test-js`.");

// A test that waits for something that never comes fails its file; it must not hold up everything.
setTimeout(() => {
  console.error("a test of this file has been waiting for two minutes");
  process.exit(1);
}, 120_000).unref();

// A failed request must fail its test at once: no retries.
export const client = new Client({ apiUrl: url, callerOptions: { maxRetries: 0 } });

/** The id of a new thread. */
export async function newThread() {
  return (await client.threads.create()).thread_id;
}

/** An input for `echo`. */
export function said(text) {
  return { messages: [{ type: "human", content: text }] };
}

/** What was said, in order. */
export function texts(values) {
  return values.messages.map((message) => message.content);
}

/** Everything an async iterable gives. */
export async function all(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

/** The data of the events of one name. */
export function named(parts, event) {
  return parts.filter((part) => part.event === event).map((part) => part.data);
}

/** The id of a run of `slow` that sleeps by now, its first step done. */
export async function started(threadId, seconds = 60) {
  const run = await client.runs.create(threadId, "slow", {
    input: { seconds },
    streamMode: ["updates", "values"],
    streamResumable: true,
  });
  for await (const part of client.runs.joinStream(threadId, run.run_id, { lastEventId: "-1" })) {
    if (part.event === "updates" && part.data.before) return run.run_id;
  }
  throw new Error("the run ended before it slept");
}
