// The JS SDK's `client.threads.stream`: event streaming v2 by SSE and by WebSocket.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { Client } from "langgraph-sdk-streaming";

import { window } from "./browser.mjs";
import { all, client, said, texts, url } from "./live.mjs";
import { openBreakingProxy } from "./network.mjs";

const webSocketFactory = (address) => new window.WebSocket(address); // node has none of its own yet

/** A thread's stream, on a new thread unless `threadId` is given. */
function streamOf(assistantId, { transport = "sse", threadId = randomUUID(), apiUrl = url } = {}) {
  const behind = new Client({ apiUrl, callerOptions: { maxRetries: 0 } });
  return behind.threads.stream(threadId, { assistantId, transport, webSocketFactory });
}

/** A message's text, and how many pieces it came in. */
async function received(message) {
  const pieces = await all(message.text);
  return { text: pieces.join(""), pieces: pieces.length };
}

for (const transport of ["sse", "websocket"]) {
  test(`a message comes piece by piece (${transport})`, async () => {
    const thread = streamOf("echo", { transport });
    await thread.run.start({ input: said("one two three") });
    const [message] = await Promise.all((await all(thread.messages)).map(received));
    assert.equal(message.text, "You said: one two three");
    assert.ok(message.pieces > 3);
    assert.equal((await thread.output).messages.length, 2);
    await thread.close();
  });

  test(`a tool call is shown with what comes of it (${transport})`, async () => {
    const thread = streamOf("adds", { transport });
    const calls = all(thread.toolCalls);
    await thread.run.start({ input: said("1 2") });
    const [call] = await calls;
    assert.deepEqual([call.name, call.args], ["add", { a: 1, b: 2 }]);
    assert.equal(await call.output, "3");
    await thread.close();
  });

  test(`a question is answered on the same stream (${transport})`, async () => {
    const thread = streamOf("outer", { transport });
    await thread.run.start({ input: { question: "why?" } });
    await all(thread.values);
    assert.ok(thread.interrupted);
    const [asked] = thread.interrupts;
    assert.deepEqual(asked.payload, { question: "why?" });
    await thread.input.respond({ namespace: asked.namespace, interrupt_id: asked.interruptId, response: "because" });
    for await (const event of await thread.subscribe({ channels: ["lifecycle"] })) {
      if (event.params.namespace.length === 0 && event.params.data.event === "completed") break;
    }
    assert.deepEqual((await thread.state.get({ namespace: [] })).values, {
      question: "why?",
      answer: "because",
      done: true,
    });
    await thread.close();
  });

  test(`a stream whose connection breaks goes on where it was (${transport})`, async () => {
    const proxy = await openBreakingProxy(url);
    const thread = streamOf("slow", { transport, apiUrl: proxy.url });
    try {
      const events = await thread.subscribe({ channels: ["values", "lifecycle"] });
      await thread.run.start({ input: { seconds: 0.5 } });
      const logs = [];
      for await (const event of events) {
        if (event.method === "values") logs.push(event.params.data.log);
        if (logs.at(-1)?.length === 1 && !proxy.broken) proxy.breakAll();
        if (event.params.data.event === "completed") break;
      }
      assert.equal(proxy.broken, 1);
      assert.deepEqual(logs, [[], ["before"], ["before", "slept"], ["before", "slept", "after"]]);
    } finally {
      await thread.close();
      proxy.close();
    }
  });
}

test("a subgraph is found, and listened to", async () => {
  const thread = streamOf("delegates");
  const found = all(thread.subgraphs);
  const events = await thread.subscribe({ channels: ["messages"], namespaces: [["calculator"]], depth: 0 });
  const heard = all(events);
  await thread.run.start({ input: said("3 4") });
  const [calculator] = await found;
  assert.equal(calculator.name, "calculator");
  const texts = (await heard).filter(({ params }) => params.data.delta?.type === "text-delta");
  assert.equal(texts.map(({ params }) => params.data.delta.text).join(""), "The sum is 7");
  assert.deepEqual(texts[0].params.namespace, calculator.namespace);
  await thread.close();
});

test("several questions are answered at once", async () => {
  const thread = streamOf("asks_twice");
  await thread.run.start({ input: {} });
  await all(thread.values);
  const asked = await client.threads.getState(thread.threadId);
  const responses = asked.interrupts.map(({ id, value }) => ({ namespace: [], interrupt_id: id, response: `to ${value}` }));
  await thread.input.respond({ responses });
  await thread.output;
  const state = () => client.threads.getState(thread.threadId);
  for (let tries = 0; (await state()).next.length > 0 && tries < 100; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual((await state()).values.answers, ["left to left?", "right to right?"]);
  await thread.close();
});

test("a thread's states, checkpoints and graphs are told by commands, and forked", async () => {
  const thread = streamOf("parent");
  await thread.run.start({ input: { seconds: 0 } });
  await thread.output;
  const { tree } = await thread.agent.getTree();
  assert.deepEqual([tree.status, tree.children.map((child) => child.graph_name)], ["completed", ["child"]]);
  const { values, checkpoint } = await thread.state.get({ namespace: [], keys: ["log"] });
  assert.deepEqual(values, { log: ["after", "after", "before"] }); // the child adds to what it was given
  const { checkpoints } = await thread.state.listCheckpoints({ limit: 2 });
  assert.deepEqual([checkpoints[0].id, checkpoints[0].node_name], [checkpoint.id, "child"]);
  const forked = await thread.state.fork({ checkpoint_id: checkpoints[1].id });
  assert.equal(forked.thread_id, thread.threadId);
  await client.runs.join(thread.threadId, forked.run_id);
  assert.deepEqual((await client.threads.getState(thread.threadId)).values.log, values.log);
  await thread.close();
});

test("a message is injected into a thread's conversation", async () => {
  const thread = streamOf("echo");
  await thread.run.start({ input: said("first") });
  await thread.output;
  await thread.input.inject({ namespace: [], message: { role: "user", content: "second" } });
  const [{ run_id }] = await client.runs.list(thread.threadId);
  const values = await client.runs.join(thread.threadId, run_id);
  assert.deepEqual(texts(values).filter((text) => typeof text === "string").slice(0, 3), ["first", "second"]);
  await thread.close();
});

test("two streams of a thread show the same", async () => {
  const threadId = randomUUID();
  const [one, other] = ["sse", "websocket"].map((transport) => streamOf("echo", { transport, threadId }));
  const heard = all(other.messages);
  await one.run.start({ input: said("to both") });
  const shown = await Promise.all([all(one.messages), heard].map(async (messages) => Promise.all((await messages).map(received))));
  assert.deepEqual(shown[0], shown[1]);
  assert.equal(shown[0][0].text, "You said: to both");
  await Promise.all([one.close(), other.close()]);
});

test("a command that cannot be carried out says why", async () => {
  const thread = streamOf("nope");
  await assert.rejects(thread.run.start({ input: {} }), (error) => {
    assert.equal(error.code, "unknown_error");
    assert.match(error.message, /Invalid assistant: 'nope'/);
    return true;
  });
  await assert.rejects(thread.state.get({ namespace: [] }), { code: "no_such_run" });
  await thread.close();
});
