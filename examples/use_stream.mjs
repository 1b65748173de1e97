// A chat page with React's `useStream`: what is said as it comes, a question, and its answer by a click.
//
// In a real page the component is all there is; here a simulated browser shows it, and the clicks are made below.
// Usage: npm install @langchain/react @langchain/core react react-dom jsdom, then node examples/use_stream.mjs [URL]

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<main></main>", { url: "http://localhost/" });
for (const name of ["window", "document", "navigator"]) {
  Object.defineProperty(globalThis, name, { value: window[name], configurable: true });
}

const { createElement: tag } = await import("react");
const { createRoot } = await import("react-dom/client");
const { useStream } = await import("@langchain/react");

const apiUrl = process.argv[2] ?? "http://127.0.0.1:2024";

function Chat() {
  const stream = useStream({ apiUrl, assistantId: "coach" });
  const say = (text) => stream.submit({ messages: [{ type: "human", content: text }] });
  const spoken = stream.messages.filter((message) => message.type !== "tool" && message.text);
  const approve = () => stream.respond({ decisions: [{ type: "approve" }] });
  return tag(
    "section",
    { "aria-busy": stream.isLoading },
    spoken.map((message) => tag("p", { key: message.id }, message.text)),
    stream.interrupts.map(({ id, value }) => tag("pre", { key: id }, value.action_requests[0].description)),
    stream.interrupts.length > 0 && tag("button", { onClick: approve }, "Approve"),
    tag("form", { onSubmit: (event) => (event.preventDefault(), say(event.target.elements[0].value)) }, tag("input")),
  );
}

const page = document.querySelector("main");
createRoot(page).render(tag(Chat));

/** The element with those words, once it is on the page. */
async function see(selector, words) {
  for (;;) {
    const found = [...page.querySelectorAll(selector)].find((element) => element.textContent.includes(words));
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function say(text) {
  const form = await see("form", "");
  form.elements[0].value = text;
  form.requestSubmit();
}

await say("I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days");
console.log((await see("p", "It is saved as version 1")).textContent);
await say("move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer");
console.log("[asked]", (await see("pre", "Tempo")).textContent);
(await see("button", "Approve")).click();
console.log((await see("p", "The plan is now version 2")).textContent);
process.exit(); // a page would stay open
