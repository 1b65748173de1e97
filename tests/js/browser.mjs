// A browser's globals, by jsdom, and a page of it with React's `useStream` on a thread.
//
// `fetch` and what belongs to it (streams, abort signals) stay node's own. Import this before anything of React.

import { JSDOM } from "jsdom";

export const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });
for (const [name, value] of Object.entries({ window, document: window.document, navigator: window.navigator })) {
  Object.defineProperty(globalThis, name, { value, configurable: true }); // newer nodes have a navigator of their own
}

const { createElement } = await import("react");
const { cleanup, configure, fireEvent, render, waitFor } = await import("@testing-library/react");
const { useStream } = await import("@langchain/langgraph-sdk/react");
const { url } = await import("./live.mjs");

configure({ asyncUtilTimeout: 20_000 });

/** Close the page, as a user does who goes elsewhere; what the browser keeps for a session stays. */
export const closePage = cleanup;

/** Forget what the browser keeps for a session. */
export function endSession() {
  window.sessionStorage.clear();
}

/**
 * Open a page that shows a conversation: its messages, a question with an answer button, an error, and a stop button.
 *
 * `stream` is what the hook gave to the newest render. `shown` has the messages' texts of every render.
 */
export function openPage(options) {
  const page = { shown: [] };

  function Conversation() {
    const stream = useStream({ apiUrl: url, callerOptions: { maxRetries: 0 }, ...options });
    const texts = stream.messages.map((message) => message.content);
    page.stream = stream;
    if (texts.join("\n") !== page.shown.at(-1)?.join("\n")) page.shown.push(texts);
    return createElement(
      "main",
      null,
      stream.messages.map((message, index) => createElement("p", { key: message.id ?? index }, message.content)),
      stream.interrupt && createElement("output", null, JSON.stringify(stream.interrupt.value)),
      stream.error && createElement("strong", { role: "alert" }, stream.error.message),
      stream.isLoading && createElement("button", { onClick: () => stream.stop() }, "Stop"),
    );
  }

  const view = render(createElement(Conversation));
  /** The texts of all elements of a kind. */
  page.read = (selector) => [...view.container.querySelectorAll(selector)].map((element) => element.textContent);
  /** Click the button that says `label`. */
  page.click = (label) => fireEvent.click(view.getByText(label));
  /** Wait until `check` throws nothing. */
  page.until = (check) => waitFor(check);
  /** Submit, and wait until the stream is over and shown. */
  page.submit = async (values, how) => {
    await page.stream.submit(values, how);
    await page.idle();
  };
  /** Wait until nothing is loading. */
  page.idle = () =>
    waitFor(() => {
      if (page.stream.isLoading || page.stream.isThreadLoading) throw new Error("still loading");
    });
  return page;
}
