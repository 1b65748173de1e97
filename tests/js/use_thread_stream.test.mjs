// The newer React hook, `useStream` of `@langchain/react`, in a simulated browser: all of it is event streaming v2.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, test } from "node:test";

import { closePage, endSession } from "./browser.mjs";
import { client, newThread, said, started, url } from "./live.mjs";
import { openBreakingProxy } from "./network.mjs";
import { openThreadPage } from "./thread_page.mjs";

afterEach(() => {
  closePage();
  endSession();
});

for (const transport of ["sse", "websocket"]) {
  test(`an answer is shown while it comes (${transport})`, async () => {
    const page = openThreadPage({ assistantId: "hesitates", transport });
    const gate = randomUUID();
    const submitted = page.stream.submit(said(gate));
    await page.until(() => assert.deepEqual(page.read("p"), [gate, "I hesitate. "]));
    const [, answer] = page.stream.messages;
    await client.store.putItem(["gates"], gate, {});
    await page.until(() => assert.deepEqual(page.read("p"), [gate, "I hesitate. I go on."]));
    await submitted;
    const { values } = await client.threads.getState(page.stream.threadId);
    for (const { id } of [answer, page.stream.messages[1]]) assert.equal(id, values.messages[1].id);
  });

  test(`a question is shown and answered (${transport})`, async () => {
    const page = openThreadPage({ assistantId: "ask", transport });
    await page.stream.submit({ question: "why?" });
    await page.until(() => assert.deepEqual(page.read("output"), ['{"question":"why?"}']));
    await page.stream.respond("because");
    await page.until(() => assert.equal(page.stream.values.done, true));
    assert.deepEqual([page.read("output"), page.stream.values.answer], [[], "because"]);
  });
}

test("a conversation goes on, and is there when its page is opened again", async () => {
  const page = openThreadPage({ assistantId: "echo" });
  for (const words of ["first", "second"]) {
    await page.stream.submit(said(words));
    await page.idle();
  }
  const whole = ["first", "You said: first", "second", "You said: second"];
  await page.until(() => assert.deepEqual(page.read("p"), whole));
  const { threadId } = page.stream;
  closePage();
  const again = openThreadPage({ assistantId: "echo", threadId });
  await again.until(() => assert.deepEqual(again.read("p"), whole));
  await again.stream.submit(said("third"));
  await again.until(() => assert.deepEqual(again.read("p"), [...whole, "third", "You said: third"]));
  await again.idle();
});

test("tool calls are shown with how far they are", async () => {
  const page = openThreadPage({ assistantId: "adds" });
  await page.stream.submit(said("1 2"));
  await page.until(() => assert.deepEqual(page.read("code"), ['add {"a":1,"b":2}: finished']));
  await page.until(() => assert.equal(page.read("p").at(-1), "The sum is 3"));
});

test("a subgraph is shown", async () => {
  const page = openThreadPage({ assistantId: "delegates" });
  await page.stream.submit(said("3 4"));
  await page.until(() => assert.ok(page.stream.subgraphs.size > 0));
  const [subgraph] = page.stream.subgraphs.values();
  assert.match(subgraph.namespace[0], /^calculator:/);
  await page.until(() => assert.equal(page.read("p").at(-1), "The sum is 7"));
});

test("a subgraph's question waits for whoever opens the page, and takes an answer", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "outer", { input: { question: "why?" } });
  const page = openThreadPage({ assistantId: "outer", threadId });
  await page.until(() => assert.deepEqual(page.read("output"), ['{"question":"why?"}']));
  await page.stream.respond("because", { interruptId: page.stream.interrupt.id });
  await page.until(() => assert.equal(page.stream.values.done, true));
});

test("several questions are answered at once", async () => {
  const page = openThreadPage({ assistantId: "asks_twice" });
  await page.stream.submit({});
  await page.until(() => assert.deepEqual(page.read("output").sort(), ['"left?"', '"right?"']));
  await page.stream.respondAll(Object.fromEntries(page.stream.interrupts.map(({ id, value }) => [id, `to ${value}`])));
  await page.until(() => assert.deepEqual(page.stream.values.answers, ["left to left?", "right to right?"]));
  await page.until(() => assert.deepEqual(page.read("output"), []));
});

test("a failure is shown", async () => {
  const page = openThreadPage({ assistantId: "fails" });
  await page.stream.submit({ kind: "value" });
  await page.until(() => assert.match(page.read("strong").join(), /shown to the caller/));
});

test("a page that is opened while a run goes on shows the rest of it", async () => {
  const threadId = await newThread();
  await started(threadId, 1);
  const page = openThreadPage({ assistantId: "slow", threadId });
  await page.until(() => assert.deepEqual(page.stream.values.log, ["before", "slept", "after"]));
  await page.idle();
});

test("a page that is opened before a run begins shows it", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "echo", { input: said("first") });
  await client.runs.create(threadId, "echo", { input: said("second"), afterSeconds: 1 });
  const page = openThreadPage({ assistantId: "echo", threadId });
  await page.until(() => assert.deepEqual(page.read("p").slice(2), ["second", "You said: second"]));
  await page.idle();
});

test("a run is stopped", async () => {
  const page = openThreadPage({ assistantId: "slow" });
  const submitted = page.stream.submit({ seconds: 60 });
  await page.until(() => assert.deepEqual(page.stream.values.log, ["before"]));
  await page.stream.stop();
  await submitted;
  await page.idle();
  const { threadId } = page.stream;
  await page.until(async () => {
    const [run] = await client.runs.list(threadId);
    assert.equal(run.status, "interrupted");
  });
});

test("a message is edited: the conversation goes on from before it", async () => {
  const page = openThreadPage({ assistantId: "echo" });
  await page.stream.submit(said("a typo"));
  await page.idle();
  const history = await client.threads.getHistory(page.stream.threadId);
  const before = history.find((state) => !(state.values.messages ?? []).length);
  await page.stream.submit(said("no typo"), { forkFrom: before.checkpoint.checkpoint_id });
  await page.until(() => assert.deepEqual(page.read("p"), ["no typo", "You said: no typo"]));
});

for (const transport of ["sse", "websocket"]) {
  test(`a page whose connection breaks shows the rest all the same (${transport})`, async () => {
    const proxy = await openBreakingProxy(url);
    try {
      const page = openThreadPage({ assistantId: "slow", apiUrl: proxy.url, transport });
      const submitted = page.stream.submit({ seconds: 0.5 });
      await page.until(() => assert.deepEqual(page.stream.values.log, ["before"]));
      proxy.breakAll();
      await page.until(() => assert.deepEqual(page.stream.values.log, ["before", "slept", "after"]));
      await submitted;
      await page.idle();
      assert.equal(page.stream.error, undefined);
    } finally {
      closePage();
      proxy.close();
    }
  });
}

test("two pages show the same thread", async () => {
  const threadId = randomUUID();
  await client.threads.create({ threadId });
  const [one, other] = [openThreadPage({ assistantId: "echo", threadId }), openThreadPage({ assistantId: "echo", threadId })];
  await Promise.all([one.idle(), other.idle()]);
  await one.stream.submit(said("for both"));
  const whole = ["for both", "You said: for both"];
  await one.until(() => assert.deepEqual(one.read("p"), whole));
  await other.stream.submit(said("and back"));
  await other.until(() => assert.deepEqual(other.read("p"), [...whole, "and back", "You said: and back"]));
  await one.until(() => assert.deepEqual(one.read("p"), other.read("p")));
});
