// A network that fails when a test wants it to.

import { createServer, connect } from "node:net";

/**
 * A TCP proxy of `url` that breaks the first connection which brings `marker`, right after passing it on.
 *
 * `broken` counts the connections it broke. `breakAll` breaks those that are open.
 */
export async function openBreakingProxy(url, marker) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const proxy = { broken: 0 };
  proxy.breakAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
    proxy.broken += 1;
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => {
      near.write(bytes, () => {
        if (!marker || proxy.broken || !bytes.includes(marker)) return;
        proxy.broken += 1;
        // the client must read what was passed on before it learns of the break
        setTimeout(() => near.resetAndDestroy(), 50);
      });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  proxy.close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return proxy;
}
