// Coming back to a run's events with the JS SDK.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Client } from "@langchain/langgraph-sdk";

import { all, client, named, newThread, said, started, url } from "./live.mjs";
import { openBreakingProxy } from "./network.mjs";

const resumable = { streamMode: ["values", "messages-tuple"], streamResumable: true };

test("a resumable stream is read again from any place", async () => {
  const threadId = await newThread();
  const seen = await all(client.runs.stream(threadId, "echo", { input: said("one two three"), ...resumable }));
  const runId = named(seen, "metadata")[0].run_id;
  assert.equal(new Set(seen.map((part) => part.id)).size, seen.length, "every event has an id of its own");
  assert.deepEqual(await all(client.runs.joinStream(threadId, runId, { lastEventId: "-1" })), seen);
  const middle = Math.floor(seen.length / 2);
  const rest = await all(client.runs.joinStream(threadId, runId, { lastEventId: seen[middle].id }));
  assert.deepEqual(rest, seen.slice(middle + 1));
  assert.deepEqual(await all(client.runs.joinStream(threadId, runId, { lastEventId: seen.at(-1).id })), []);
});

test("a finished run joined without a place gives nothing, and ends", async () => {
  const threadId = await newThread();
  const seen = await all(client.runs.stream(threadId, "echo", { input: said("hi"), ...resumable }));
  assert.deepEqual(await all(client.runs.joinStream(threadId, named(seen, "metadata")[0].run_id)), []);
});

test("a live run is joined with what it did and what it does", async () => {
  const threadId = await newThread();
  const runId = await started(threadId, 0.5);
  const parts = await all(client.runs.joinStream(threadId, runId, { lastEventId: "-1" }));
  assert.deepEqual(named(parts, "updates").map(Object.keys), [["before"], ["sleep"], ["after"]]);
});

test("one mode of a stream, or a list of modes, can be joined", async () => {
  const threadId = await newThread();
  const seen = await all(
    client.runs.stream(threadId, "echo", {
      input: said("hi"),
      streamMode: ["values", "updates", "custom"],
      streamResumable: true,
    }),
  );
  const runId = named(seen, "metadata")[0].run_id;
  const joined = async (streamMode) =>
    all(client.runs.joinStream(threadId, runId, { lastEventId: "-1", streamMode }));
  const only = (...modes) => seen.filter((part) => modes.includes(part.event));
  assert.deepEqual(await joined("values"), only("values"));
  assert.deepEqual(await joined(["updates", "custom"]), only("updates", "custom"));
});

test("a reader that leaves stops nothing, unless it said so", async () => {
  const threadId = await newThread();
  const runId = await started(threadId); // its reader has left
  assert.equal((await client.runs.get(threadId, runId)).status, "running");
  const leaving = new AbortController();
  const joined = client.runs.joinStream(threadId, runId, {
    lastEventId: "-1",
    cancelOnDisconnect: true,
    signal: leaving.signal,
  });
  assert.equal((await joined.next()).value.event, "metadata");
  leaving.abort();
  await joined.next().catch(() => {});
  await client.runs.join(threadId, runId);
  assert.equal((await client.runs.get(threadId, runId)).status, "interrupted");
});

test("a thread's stream shows the runs that are started on it", async () => {
  const threadId = await newThread();
  const leaving = new AbortController();
  const events = client.threads.joinStream(threadId, { lastEventId: "0", streamMode: "run_modes", signal: leaving.signal });
  const outcome = client.runs.wait(threadId, "slow", { input: { seconds: 0 }, streamResumable: true });
  const seen = [];
  for await (const part of events) {
    seen.push(part);
    if (part.data?.status === "run_done") break;
  }
  leaving.abort();
  assert.deepEqual(named(seen, "values").at(-1), await outcome);
});

test("a stream whose connection breaks is taken up where it broke", async () => {
  const threadId = await newThread();
  const proxy = await openBreakingProxy(url, "event: updates");
  try {
    const behind = new Client({ apiUrl: proxy.url, callerOptions: { maxRetries: 0 } });
    const options = { input: { seconds: 0.5 }, streamMode: "updates", streamResumable: true, onDisconnect: "continue" };
    const seen = await all(behind.runs.stream(threadId, "slow", options));
    assert.equal(proxy.broken, 1);
    assert.deepEqual(seen.map((part) => part.event), ["metadata", "updates", "updates", "updates"]);
    assert.deepEqual(named(seen, "updates").map(Object.keys), [["before"], ["sleep"], ["after"]]);
  } finally {
    proxy.close();
  }
});
