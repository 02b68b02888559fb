// A bad network between the clients of the soak and the server: it stalls, trickles and breaks off.
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How much passes at once while it trickles, in bytes. */
const TRICKLE_BYTES = 512;

/**
 * What becomes of what passes, until the connection ends. @param {net.Socket} from @param {net.Socket} to
 * @param {() => number} random
 */
async function pass(from, to, random) {
  for await (const chunk of from) {
    if (random() < 0.01) await delay(random() * 3_000);
    const size = random() < 0.05 ? TRICKLE_BYTES : chunk.length;
    for (let at = 0; at < chunk.length; at += size) {
      if (!to.write(chunk.subarray(at, at + size))) await new Promise((done) => { to.once('drain', done).once('close', done); });
    }
  }
  to.end();
}

/**
 * Listens in front of `port`; a connection may break off at any time.
 * @param {number} port
 * @param {() => number} random
 * @returns {Promise<{port: number, close: () => void}>}
 */
export function relay(port, random) {
  /** @type {Set<net.Socket>} */
  const open = new Set();
  const server = net.createServer((client) => {
    const far = net.connect(port, '127.0.0.1');
    const life = setTimeout(() => { client.destroy(); far.destroy(); }, 5_000 + random() * 30_000);
    const end = () => { clearTimeout(life); client.destroy(); far.destroy(); open.delete(client); };
    open.add(client);
    for (const socket of [client, far]) socket.on('error', end).on('close', end);
    // What a broken connection throws is its end, which is seen there.
    pass(client, far, random).catch(end);
    pass(far, client, random).catch(end);
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const address = /** @type {net.AddressInfo} */ (server.address());
      done({ port: address.port, close: () => { server.close(); for (const socket of open) socket.destroy(); } });
    });
  });
}
