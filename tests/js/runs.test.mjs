// The JS SDK's runs: streams of every mode, outcomes, errors, questions, cancels.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { all, client, named, newThread, said, started, texts } from "./live.mjs";

test("values are the state after each step", async () => {
  const threadId = await newThread();
  let created;
  const parts = await all(
    client.runs.stream(threadId, "echo", {
      input: said("hello"),
      streamMode: "values",
      onRunCreated: (run) => (created = run),
    }),
  );
  assert.deepEqual(parts.map((part) => part.event), ["metadata", "values", "values"]);
  assert.deepEqual(named(parts, "values").map(texts), [["hello"], ["hello", "You said: hello"]]);
  assert.deepEqual(created, { run_id: named(parts, "metadata")[0].run_id, thread_id: threadId });
  assert.equal((await client.runs.get(threadId, created.run_id)).status, "success");
});

test("message tuples are pieces of one message, with where they come from", async () => {
  const parts = await all(
    client.runs.stream(null, "echo", { input: said("one two"), streamMode: ["messages-tuple", "values"] }),
  );
  const tuples = named(parts, "messages");
  assert.ok(tuples.length > 3, "a message comes in several pieces");
  assert.equal(tuples.map(([chunk]) => chunk.content).join(""), "You said: one two");
  assert.deepEqual(new Set(tuples.map(([chunk]) => chunk.type)), new Set(["AIMessageChunk"]));
  assert.deepEqual(new Set(tuples.map(([, metadata]) => metadata.langgraph_node)), new Set(["model"]));
  const stored = named(parts, "values").at(-1).messages.at(-1);
  assert.deepEqual(new Set(tuples.map(([chunk]) => chunk.id)), new Set([stored.id]));
});

test("messages are announced and grow", async () => {
  const parts = await all(client.runs.stream(null, "echo", { input: said("hi"), streamMode: "messages" }));
  const partial = named(parts, "messages/partial").map(([message]) => message);
  const [announced] = named(parts, "messages/metadata");
  assert.deepEqual(Object.keys(announced), [partial[0].id]);
  assert.equal(partial.at(-1).content, "You said: hi");
  for (const [index, message] of partial.slice(1).entries()) {
    assert.ok(message.content.startsWith(partial[index].content));
  }
});

test("all modes come together, each under its name", async () => {
  const streamMode = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug", "events"];
  const parts = await all(client.runs.stream(await newThread(), "echo", { input: said("hi"), streamMode }));
  const modes = new Set(parts.map((part) => part.event.split("/")[0]));
  assert.deepEqual(modes, new Set(["metadata", ...streamMode]));
  assert.deepEqual(named(parts, "custom"), [{ type: "heard", text: "hi" }]);
  assert.deepEqual(named(parts, "updates").map(Object.keys), [["model"]]);
  assert.deepEqual(named(parts, "tasks").map((task) => task.name), ["model", "model"]);
  const checkpoints = named(parts, "checkpoints");
  assert.deepEqual(checkpoints.map((checkpoint) => checkpoint.metadata.step), [-1, 0, 1]);
  const debug = named(parts, "debug").filter((event) => event.type === "checkpoint");
  assert.equal(debug.at(-1).payload.checkpoint.checkpoint_id, checkpoints.at(-1).config.configurable.checkpoint_id);
});

test("a subgraph's events are named with where it is", async () => {
  const parts = await all(
    client.runs.stream(null, "parent", { input: { seconds: 0 }, streamMode: "updates", streamSubgraphs: true }),
  );
  const [inner] = parts.filter((part) => part.event.includes("|"));
  assert.match(inner.event, /^updates\|child:[0-9a-f-]{36}$/);
  assert.deepEqual(inner.data, { child_step: { log: ["before"] } });
  assert.deepEqual(named(parts, "updates").map(Object.keys), [["first"], ["child"]]);
});

test("waiting gives the last state", async () => {
  const threadId = await newThread();
  let created;
  const outcome = await client.runs.wait(threadId, "slow", {
    input: { seconds: 0 },
    onRunCreated: (run) => (created = run),
  });
  assert.deepEqual(outcome, { seconds: 0, log: ["before", "slept", "after"] });
  assert.equal(created.thread_id, threadId);
  assert.deepEqual(await client.runs.join(threadId, created.run_id), outcome);
});

test("a context reaches the graph", async () => {
  const outcome = await client.runs.wait(null, "echo", { input: said("hi"), context: { prefix: "Heard:" } });
  assert.deepEqual(texts(outcome), ["hi", "Heard: hi"]);
});

test("a failed run is an error event, and waiting for it throws", async () => {
  const input = { kind: "value" };
  const parts = await all(client.runs.stream(null, "fails", { input, streamMode: "values" }));
  assert.deepEqual(parts.at(-1), {
    id: undefined,
    event: "error",
    data: { error: "ValueError", message: "shown to the caller" },
  });
  await assert.rejects(client.runs.wait(null, "fails", { input }), { message: "ValueError: shown to the caller" });
  const told = await client.runs.wait(null, "fails", { input, raiseError: false });
  assert.deepEqual(told, { __error__: parts.at(-1).data });
});

test("what cannot be run is refused with a status", async () => {
  const nowhere = randomUUID();
  await assert.rejects(client.runs.wait(nowhere, "echo", { input: said("hi") }), { status: 404 });
  await assert.rejects(client.runs.create(await newThread(), "no-such-graph", {}), { status: 422 });
  const made = await client.runs.wait(nowhere, "echo", { input: said("hi"), ifNotExists: "create" });
  assert.deepEqual(texts(made), ["hi", "You said: hi"]);
});

test("a question stops the run, and its answer goes on with it", async () => {
  const threadId = await newThread();
  const asked = await all(
    client.runs.stream(threadId, "ask", { input: { question: "why?" }, streamMode: ["values", "updates"] }),
  );
  const [interrupt] = named(asked, "values").at(-1).__interrupt__;
  assert.deepEqual(interrupt.value, { question: "why?" });
  assert.deepEqual(named(asked, "updates"), [{ __interrupt__: [interrupt] }]);
  const thread = await client.threads.get(threadId);
  assert.equal(thread.status, "interrupted");
  assert.deepEqual(Object.values(thread.interrupts), [[{ id: interrupt.id, value: interrupt.value }]]);
  const answered = await all(
    client.runs.stream(threadId, "ask", { command: { resume: "because" }, streamMode: ["values", "updates"] }),
  );
  assert.deepEqual(named(answered, "updates"), [{ ask: { answer: "because" } }, { close: { done: true } }]);
  assert.deepEqual(named(answered, "values").at(-1), { question: "why?", answer: "because", done: true });
});

test("several questions are answered by their ids", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "asks_twice", { input: { answers: [] } });
  const { tasks } = await client.threads.getState(threadId);
  const ids = Object.fromEntries(tasks.flatMap((task) => task.interrupts).map(({ id, value }) => [value, id]));
  const resume = { [ids["left?"]]: "no", [ids["right?"]]: "yes" };
  const outcome = await client.runs.wait(threadId, "asks_twice", { command: { resume } });
  assert.deepEqual(outcome, { answers: ["left no", "right yes"] });
});

test("breakpoints stop before and after a node", async () => {
  const threadId = await newThread();
  const before = await client.runs.wait(threadId, "slow", { input: { seconds: 0 }, interruptBefore: ["sleep"] });
  assert.deepEqual(before.log, ["before"]);
  const after = await client.runs.wait(threadId, "slow", { input: null, interruptAfter: ["sleep"] });
  assert.deepEqual(after.log, ["before", "slept"]);
  assert.deepEqual((await client.threads.getState(threadId)).next, ["after"]);
});

test("a cancelled run leaves what it had done; a rolled back one leaves nothing", async () => {
  const threadId = await newThread();
  const kept = await started(threadId);
  await client.runs.cancel(threadId, kept, true);
  assert.equal((await client.runs.get(threadId, kept)).status, "interrupted");
  const state = await client.threads.getState(threadId);
  assert.deepEqual([state.values.log, state.next], [["before"], ["sleep"]]);

  const other = await newThread();
  const gone = await started(other);
  await client.runs.cancel(other, gone, true, "rollback");
  await assert.rejects(client.runs.get(other, gone), { status: 404 });
  assert.equal((await client.threads.get(other)).status, "idle");
});

test("a busy thread refuses, waits or drops as asked", async () => {
  const threadId = await newThread();
  const first = await started(threadId);
  const busy = { input: { seconds: 0 }, multitaskStrategy: "reject" };
  await assert.rejects(client.runs.create(threadId, "slow", busy), { status: 409 });
  const queued = await client.runs.create(threadId, "slow", { ...busy, multitaskStrategy: "enqueue" });
  assert.equal(queued.status, "pending");
  const outcome = await client.runs.wait(threadId, "slow", { ...busy, multitaskStrategy: "interrupt" });
  assert.deepEqual(outcome.log.slice(-3), ["before", "slept", "after"]);
  assert.equal((await client.runs.get(threadId, first)).status, "interrupted");
});

test("runs are listed by status and deleted", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "slow", { input: { seconds: 0 } });
  const [run] = await client.runs.list(threadId, { status: "success" });
  assert.deepEqual(await client.runs.list(threadId, { select: ["run_id"] }), [{ run_id: run.run_id }]);
  assert.deepEqual(await client.runs.list(threadId, { status: "error" }), []);
  await client.runs.delete(threadId, run.run_id);
  assert.deepEqual(await client.runs.list(threadId), []);
});

test("a batch starts several runs", async () => {
  const inputs = [0, 0].map((seconds) => ({ assistantId: "slow", input: { seconds } }));
  const runs = await client.runs.createBatch(inputs);
  assert.equal(new Set(runs.map((run) => run.run_id)).size, 2);
});
