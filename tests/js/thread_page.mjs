// A page of the simulated browser with the newer React hook, `useStream` of `@langchain/react`, on a thread.

import { window } from "./browser.mjs";
import { url } from "./live.mjs";

const { createElement } = await import("react");
const { render, waitFor } = await import("@testing-library/react");
const { useStream } = await import("@langchain/react");

// The hook starts anew for options that are not the same objects as before.
const callerOptions = { maxRetries: 0 };
const webSocketFactory = (address) => new window.WebSocket(address);

/** Whatever is thrown until the time is up is tried again. */
const patience = { timeout: 20_000, interval: 10 };

/**
 * Open a page that shows a thread: its messages, its tool calls, its questions with an answer button each, an error.
 *
 * `stream` is what the hook gave to the newest render. `shown` has the messages' texts of every render.
 */
export function openThreadPage(options) {
  const page = { shown: [] };

  function Conversation() {
    const stream = useStream({ apiUrl: url, callerOptions, webSocketFactory, ...options });
    const texts = stream.messages.map((message) => message.text);
    page.stream = stream;
    if (texts.join("\n") !== page.shown.at(-1)?.join("\n")) page.shown.push(texts);
    const line = (kind) => (text, index) => createElement(kind, { key: index }, text);
    return createElement(
      "main",
      null,
      texts.map(line("p")),
      stream.toolCalls.map((call) => `${call.name} ${JSON.stringify(call.args)}: ${call.status}`).map(line("code")),
      [...stream.subgraphs.values()].map((subgraph) => `${subgraph.name ?? subgraph.nodeName}: ${subgraph.status}`).map(line("li")),
      stream.interrupts.map((asked) => JSON.stringify(asked.value)).map(line("output")),
      stream.error && createElement("strong", null, stream.error.message),
    );
  }

  const view = render(createElement(Conversation));
  /** The texts of all elements of a kind. */
  page.read = (selector) => [...view.container.querySelectorAll(selector)].map((element) => element.textContent);
  /** Wait until `check` throws nothing. */
  page.until = (check) => waitFor(check, patience);
  /** Wait until nothing is loading. */
  page.idle = () =>
    page.until(() => {
      if (page.stream.isLoading || page.stream.isThreadLoading) throw new Error("still loading");
    });
  page.close = () => view.unmount();
  return page;
}
