// The JavaScript programs in examples/, run as they are: copied to where their packages are installed.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const url = process.env.PLANLOOM_EXAMPLES_URL;
let folder;

before(async () => {
  folder = await mkdtemp(new URL(".examples-", import.meta.url).pathname);
});

after(() => rm(folder, { recursive: true }));

/** The lines that a program prints. */
async function printed(name) {
  const program = `${folder}/${name}`;
  await cp(new URL(`../../examples/${name}`, import.meta.url), program);
  const { stdout } = await promisify(execFile)("node", [program, url], { timeout: 60_000 });
  return stdout.split("\n").filter((line) => line.trim());
}

test("a conversation by the SDK", async () => {
  const lines = await printed("conversation.mjs");
  assert.ok(lines[0].startsWith("8-week half marathon plan"));
  assert.equal(lines.filter((line) => line.startsWith("[diff] ")).length, 2);
  assert.ok(lines.at(-1).endsWith("the same as version 1."));
});

test("a page with React's hook", async () => {
  const lines = await printed("use_stream.mjs");
  assert.ok(lines[0].startsWith("8-week half marathon plan"));
  assert.ok(lines.some((line) => line.startsWith("[asked] ")));
  assert.ok(lines.some((line) => line.endsWith("The plan is now version 2.")));
});
