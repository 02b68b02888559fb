// Ports that nobody uses. They come from below the kernel's range for outgoing connections, so that
// no client socket of a test that runs at the same time can take one in between.
import net from 'node:net';

/** @param {number} port @param {string} host @returns {Promise<boolean>} */
function binds(port, host) {
  return new Promise((done) => {
    const probe = net.createServer();
    probe.once('error', () => done(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => done(true)));
  });
}

/** @type {Set<number>} */
const given = new Set();

/** @returns {Promise<number>} */
export async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await binds(port, '127.0.0.1') && await binds(port, '0.0.0.0')) return port;
  }
}

/**
 * A stranger: listens on a port in the test's own process, which it does not keep alive.
 * @param {number} port @param {string} [host]
 * @returns {Promise<net.Server>}
 */
export function occupy(port, host = '127.0.0.1') {
  return new Promise((done, fail) => {
    const server = net.createServer((socket) => socket.on('error', () => {}));
    server.unref();
    server.once('error', fail);
    server.listen({ port, host, exclusive: true }, () => done(server));
  });
}
