// The React hook `useStream` in a simulated browser: what a chat front end does with it.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { closePage, endSession, openPage } from "./browser.mjs";
import { client, newThread, said, started, texts } from "./live.mjs";

afterEach(() => {
  closePage();
  endSession();
});

const chat = { assistantId: "echo", fetchStateHistory: { limit: 100 } };

test("an answer is shown while it comes, in a message that keeps its id", async () => {
  const created = [];
  const heard = [];
  const page = openPage({
    ...chat,
    onThreadId: (threadId) => created.push(threadId),
    onCustomEvent: (event) => heard.push(event),
  });
  await page.submit(said("one two three four"));
  assert.deepEqual(page.read("p"), ["one two three four", "You said: one two three four"]);
  const answers = page.shown.filter((shown) => shown.length === 2).map((shown) => shown[1]);
  assert.ok(answers.length > 3, "the answer is shown in several pieces");
  for (const [index, answer] of answers.slice(1).entries()) assert.ok(answer.startsWith(answers[index]));
  assert.deepEqual(heard, [{ type: "heard", text: "one two three four" }]);

  const { values } = await client.threads.getState(created[0]);
  assert.deepEqual(page.stream.messages.map((message) => message.id), values.messages.map((message) => message.id));
  const { streamMetadata } = page.stream.getMessagesMetadata(page.stream.messages[1]);
  assert.equal(streamMetadata.langgraph_node, "model");
});

test("a conversation goes on, and is there when its page is opened again", async () => {
  const threadId = await newThread();
  let finished;
  const page = openPage({ ...chat, threadId, onFinish: (state, run) => (finished = { state, run }) });
  await page.submit(said("first"));
  await page.submit(said("second"), { optimisticValues: (values) => values });
  const whole = ["first", "You said: first", "second", "You said: second"];
  assert.deepEqual(page.read("p"), whole);
  assert.deepEqual(texts(finished.state.values), whole);
  assert.equal((await client.runs.get(threadId, finished.run.run_id)).status, "success");
  closePage();

  const again = openPage({ ...chat, threadId });
  await again.until(() => assert.deepEqual(again.read("p"), whole));
});

test("a question is shown and its answer resumes the run", async () => {
  const threadId = await newThread();
  const page = openPage({ assistantId: "ask", fetchStateHistory: true, threadId });
  await page.submit({ question: "why?" });
  assert.deepEqual(page.read("output"), ['{"question":"why?"}']);
  await page.submit(undefined, { command: { resume: "because" } });
  assert.deepEqual(page.read("output"), []);
  assert.deepEqual(page.stream.values, { question: "why?", answer: "because", done: true });
});

test("a question waits for whoever opens the page", async () => {
  const threadId = await newThread();
  await client.runs.wait(threadId, "ask", { input: { question: "why?" } });
  for (const fetchStateHistory of [true, false]) {
    const page = openPage({ assistantId: "ask", fetchStateHistory, threadId });
    await page.until(() => assert.deepEqual(page.read("output"), ['{"question":"why?"}']));
    closePage();
  }
});

test("a breakpoint is an interrupt without a question", async () => {
  const page = openPage({ assistantId: "slow", fetchStateHistory: true });
  await page.submit({ seconds: 0 }, { interruptBefore: ["sleep"] });
  assert.deepEqual(page.stream.interrupt, { when: "breakpoint" });
  await page.submit(null);
  assert.equal(page.stream.interrupt, undefined);
  assert.deepEqual(page.stream.values.log, ["before", "slept", "after"]);
});

test("an error of the graph is shown, and again when the page is opened anew", async () => {
  const threadId = await newThread();
  const told = [];
  const options = { assistantId: "fails", fetchStateHistory: true, threadId };
  const page = openPage({ ...options, onError: (error) => told.push([error.name, error.message]) });
  await page.submit({ kind: "value" });
  assert.deepEqual(page.read("[role=alert]"), ["shown to the caller"]);
  assert.deepEqual(told, [["ValueError", "shown to the caller"]]);
  closePage();

  const again = openPage(options);
  await again.idle();
  assert.match(String(again.stream.error), /shown to the caller/);
});

test("a refusal of the server is an error too", async () => {
  const told = [];
  const page = openPage({ assistantId: "no-such-graph", onError: (error) => told.push(error.status) });
  await page.submit(said("hello"));
  assert.deepEqual(told, [422]);
  assert.equal(page.read("[role=alert]").length, 1);
});

test("the stop button cancels the run", async () => {
  const threadId = await newThread();
  let run;
  const page = openPage({ assistantId: "slow", threadId, onCreated: (created) => (run = created) });
  const submitted = page.stream.submit({ seconds: 60 }, { streamMode: ["values"] });
  await page.until(() => assert.deepEqual(page.stream.values.log, ["before"]));
  page.click("Stop");
  await submitted;
  await page.idle();
  await client.runs.join(threadId, run.run_id);
  assert.equal((await client.runs.get(threadId, run.run_id)).status, "interrupted");
  assert.deepEqual((await client.threads.getState(threadId)).next, ["sleep"]);
});

test("the stop button cancels a run that would outlive its reader", async () => {
  const threadId = await newThread();
  let run;
  const options = { assistantId: "slow", threadId, reconnectOnMount: true };
  const page = openPage({ ...options, onCreated: (created) => (run = created) });
  const submitted = page.stream.submit({ seconds: 60 });
  await page.until(() => assert.deepEqual(page.stream.values.log, ["before"]));
  page.click("Stop");
  await submitted;
  await client.runs.join(threadId, run.run_id);
  assert.equal((await client.runs.get(threadId, run.run_id)).status, "interrupted");
});

test("a page that is opened again rejoins its run", async () => {
  const threadId = await newThread();
  const options = { assistantId: "slow", threadId, reconnectOnMount: true, fetchStateHistory: true };
  const created = [];
  const page = openPage({ ...options, onCreated: (run) => created.push(run.run_id) });
  page.stream.submit({ seconds: 2 });
  await page.until(() => assert.deepEqual(page.stream.values.log, ["before"]));
  closePage();

  const finished = [];
  const again = openPage({ ...options, onFinish: (_, run) => finished.push(run.run_id) });
  await again.until(() => assert.deepEqual(finished, created));
  await again.idle();
  assert.deepEqual(again.stream.values.log, ["before", "slept", "after"]);
  assert.equal((await client.runs.list(threadId)).length, 1);
});

test("a run that somebody else started is joined", async () => {
  const threadId = await newThread();
  const runId = await started(threadId, 0.5);
  const steps = [];
  const page = openPage({
    assistantId: "slow",
    threadId,
    fetchStateHistory: true,
    onUpdateEvent: (update) => steps.push(...Object.keys(update)),
  });
  await page.stream.joinStream(runId);
  await page.idle();
  assert.deepEqual(steps, ["before", "sleep", "after"]);
  assert.deepEqual(page.stream.values.log, ["before", "slept", "after"]);
});

test("an edited message opens a branch, and one can go back to the other", async () => {
  const threadId = await newThread();
  const page = openPage({ ...chat, threadId });
  await page.submit(said("first"));
  await page.submit(said("secnod"));

  const checkpoint = () => page.stream.getMessagesMetadata(page.stream.messages[2], 2).firstSeenState.parent_checkpoint;
  await page.submit(said("second"), { checkpoint: checkpoint() });
  const edited = ["first", "You said: first", "second", "You said: second"];
  const original = ["first", "You said: first", "secnod", "You said: secnod"];
  assert.deepEqual(page.read("p"), edited);

  const { branch, branchOptions } = page.stream.getMessagesMetadata(page.stream.messages[2], 2);
  assert.equal(branchOptions.length, 2);
  const [other] = branchOptions.filter((option) => option !== branch);
  page.stream.setBranch(other);
  await page.until(() => assert.deepEqual(page.read("p"), original));
  page.stream.setBranch(branch);
  await page.until(() => assert.deepEqual(page.read("p"), edited));

  page.stream.setBranch(other);
  await page.until(() => assert.deepEqual(page.read("p"), original));
  await page.submit(said("on the old branch"), { checkpoint: page.stream.history.at(-1).checkpoint });
  assert.deepEqual(page.read("p"), [...original, "on the old branch", "You said: on the old branch"]);
});

test("an answer is made again from where it was made", async () => {
  const threadId = await newThread();
  const page = openPage({ ...chat, threadId });
  await page.submit(said("hello"));
  const [, answer] = page.stream.messages;
  const { firstSeenState } = page.stream.getMessagesMetadata(answer, 1);
  await page.submit(undefined, { checkpoint: firstSeenState.parent_checkpoint });
  assert.deepEqual(page.read("p"), ["hello", "You said: hello"]);
  assert.notEqual(page.stream.messages[1].id, answer.id);
  const { branchOptions } = page.stream.getMessagesMetadata(page.stream.messages[1], 1);
  assert.equal(branchOptions.length, 2);
});
