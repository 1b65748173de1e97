// The JS SDK's threads: their lives, search, state, history, forks; and the store.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { client, newThread, said, texts } from "./live.mjs";

test("a thread is created, changed, copied and deleted", async () => {
  const thread = await client.threads.create({ metadata: { owner: "ada" }, graphId: "echo" });
  assert.deepEqual(thread.metadata, { owner: "ada", graph_id: "echo" });
  const again = await client.threads.create({ threadId: thread.thread_id, ifExists: "do_nothing" });
  assert.equal(again.created_at, thread.created_at);
  await assert.rejects(client.threads.create({ threadId: thread.thread_id }), { status: 409 });
  await client.threads.update(thread.thread_id, { metadata: { topic: "plans" } });
  const { metadata } = await client.threads.get(thread.thread_id);
  assert.deepEqual(metadata, { owner: "ada", graph_id: "echo", topic: "plans" });
  const copy = await client.threads.copy(thread.thread_id);
  assert.notEqual(copy.thread_id, thread.thread_id);
  await client.threads.delete(thread.thread_id);
  await assert.rejects(client.threads.get(thread.thread_id), { status: 404 });
  assert.equal((await client.threads.get(copy.thread_id)).metadata.topic, "plans");
});

test("threads are searched and counted by metadata, values and status", async () => {
  const batch = randomUUID();
  const ids = [];
  for (const name of ["a", "b", "c"]) ids.push((await client.threads.create({ metadata: { batch, name } })).thread_id);
  await client.runs.wait(ids[1], "ask", { input: { question: "why?" } });
  const query = { metadata: { batch }, sortBy: "created_at", sortOrder: "asc" };
  assert.deepEqual((await client.threads.search(query)).map((thread) => thread.thread_id), ids);
  const page = await client.threads.search({ ...query, limit: 1, offset: 2, select: ["thread_id"] });
  assert.deepEqual(page, [{ thread_id: ids[2] }]);
  const [asked] = await client.threads.search({ ...query, status: "interrupted" });
  assert.deepEqual([asked.thread_id, asked.values], [ids[1], { question: "why?" }]);
  assert.equal(asked.metadata.graph_id, "ask");
  assert.deepEqual(await client.threads.search({ ...query, values: { question: "why?" } }), [asked]);
  assert.equal(await client.threads.count({ metadata: { batch } }), 3);
});

test("the history tells every step, newest first", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "slow", { input: { seconds: 0 } });
  const history = await client.threads.getHistory(threadId);
  assert.deepEqual(history.map((state) => state.next), [[], ["after"], ["sleep"], ["before"], ["__start__"]]);
  for (const [index, state] of history.slice(0, -1).entries()) {
    assert.equal(state.parent_checkpoint.checkpoint_id, history[index + 1].checkpoint.checkpoint_id);
  }
  assert.equal(history.at(-1).parent_checkpoint, null);
  const older = await client.threads.getHistory(threadId, { limit: 2, before: history[1].checkpoint });
  assert.deepEqual(older, history.slice(2, 4));
  assert.deepEqual(await client.threads.getHistory(threadId, { metadata: { step: 2 } }), [history[1]]);
});

test("a state is read at its head, at a checkpoint and by its id", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "slow", { input: { seconds: 0 } });
  const [head, older] = await client.threads.getHistory(threadId);
  assert.deepEqual((await client.threads.getState(threadId)).checkpoint, head.checkpoint);
  const byId = await client.threads.getState(threadId, older.checkpoint.checkpoint_id);
  const byCheckpoint = await client.threads.getState(threadId, older.checkpoint, { subgraphs: true });
  for (const state of [byId, byCheckpoint]) assert.deepEqual([state.values, state.next], [older.values, ["after"]]);
});

test("a subgraph's state is inside its task's", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "outer", { input: { question: "why?" } });
  const { tasks } = await client.threads.getState(threadId, undefined, { subgraphs: true });
  assert.deepEqual(tasks[0].state.next, ["ask"]);
  assert.deepEqual(tasks[0].state.tasks[0].interrupts.map(({ value }) => value), [{ question: "why?" }]);
});

test("a state is written as a node, and forked at a checkpoint", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "slow", { input: { seconds: 0 } });
  const older = (await client.threads.getHistory(threadId)).find((state) => state.next[0] === "sleep");
  const { checkpoint } = await client.threads.updateState(threadId, {
    values: { log: ["told"] },
    asNode: "sleep",
    checkpoint: older.checkpoint,
  });
  const forked = await client.threads.getState(threadId);
  assert.equal(forked.checkpoint.checkpoint_id, checkpoint.checkpoint_id);
  assert.deepEqual([forked.values.log, forked.next], [["before", "told"], ["after"]]);
  assert.deepEqual((await client.runs.wait(threadId, "slow", { input: null })).log, ["before", "told", "after"]);
});

test("a thread is made with a past", async () => {
  const past = [
    { values: said("hello"), asNode: "__input__" },
    { values: said("hello"), asNode: "__start__" },
  ];
  const supersteps = past.map((update) => ({ updates: [update] }));
  const thread = await client.threads.create({ graphId: "echo", supersteps });
  const { values, next } = await client.threads.getState(thread.thread_id);
  assert.deepEqual([texts(values), next], [["hello"], ["model"]]);
});

test("the store keeps, finds and forgets items", async () => {
  const root = randomUUID();
  const namespace = [root, "notes"];
  await client.store.putItem(namespace, "monday", { text: "run", km: 5 });
  await client.store.putItem(namespace, "tuesday", { text: "rest" });
  const item = await client.store.getItem(namespace, "monday");
  assert.deepEqual([item.namespace, item.key, item.value], [namespace, "monday", { text: "run", km: 5 }]);
  assert.ok(item.createdAt && item.updatedAt);
  const { items } = await client.store.searchItems([root], { filter: { text: "rest" } });
  assert.deepEqual(items.map((found) => found.key), ["tuesday"]);
  const { namespaces } = await client.store.listNamespaces({ prefix: [root] });
  assert.deepEqual(namespaces, [namespace]);
  await client.store.deleteItem(namespace, "monday");
  assert.equal(await client.store.getItem(namespace, "monday"), null);
});

test("assistants are made, found by graph, versioned and described", async () => {
  const assistant = await client.assistants.create({ graphId: "echo", name: "Polite", context: { prefix: "Dear" } });
  const outcome = await client.runs.wait(null, assistant.assistant_id, { input: said("you") });
  assert.deepEqual(texts(outcome), ["you", "Dear you"]);
  const changed = await client.assistants.update(assistant.assistant_id, { name: "Politer" });
  assert.equal(changed.version, 2);
  const first = await client.assistants.setLatest(assistant.assistant_id, 1);
  assert.equal(first.name, "Polite");
  const versions = await client.assistants.getVersions(assistant.assistant_id);
  assert.deepEqual(versions.map(({ version }) => version), [2, 1]);
  const found = await client.assistants.search({ graphId: "echo", name: "polite" });
  assert.deepEqual(found.map((one) => one.assistant_id), [assistant.assistant_id]);
  const { nodes, edges } = await client.assistants.getGraph(assistant.assistant_id);
  assert.deepEqual([nodes.map((node) => node.id), edges.length], [["__start__", "model", "__end__"], 2]);
  const { input_schema: schema } = await client.assistants.getSchemas("echo");
  assert.ok("messages" in schema.properties);
  assert.deepEqual(Object.keys(await client.assistants.getSubgraphs("parent")), ["child"]);
  await client.assistants.delete(assistant.assistant_id);
  await assert.rejects(client.assistants.get(assistant.assistant_id), { status: 404 });
});
