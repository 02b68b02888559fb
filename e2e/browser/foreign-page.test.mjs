// A foreign page in a real browser: it can neither start anything nor read anything, whatever it tries.
import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { within } from '../lib/time.mjs';
import { launchChromium } from './lib/chromium.mjs';

const REBOUND = 'rebound.test';
const processes = { a: { command: SLEEP } };

/**
 * Everything that a page can do to another origin. Returns what it could read, and runs in the page.
 * @param {string} target
 */
async function attack(target) {
  /** @type {string[]} */
  const read = [];
  const order = `${target}/api/processes/a/start`;
  /** @param {string} what @param {Promise<unknown>} attempt */
  const attempt = (what, attempt) => attempt.then((value) => { if (value) read.push(`${what}: ${String(value).slice(0, 80)}`); }, () => {});
  /** @param {string} url @param {RequestInit} [init] */
  const text = async (url, init) => { const answer = await fetch(url, init); return answer.type === 'opaque' ? '' : `${answer.status} ${await answer.text()}`; };
  /** @param {string} tag @param {Record<string, string>} attributes */
  const element = (tag, attributes) => new Promise((done) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.addEventListener('load', () => done(tag === 'iframe' ? readFrame(/** @type {HTMLIFrameElement} */ (made)) : `<${tag}> loaded`));
    made.addEventListener('error', () => done(''));
    document.body.append(made);
    if (made instanceof HTMLFormElement) { made.submit(); setTimeout(() => done(''), 500); }
  });
  /** @param {HTMLIFrameElement} frame */
  const readFrame = (frame) => { try { return frame.contentDocument?.body.innerText ?? ''; } catch { return ''; } };
  /** @param {EventTarget & {close(): void}} source @param {string} event */
  const firstOf = (source, event) => new Promise((done) => {
    source.addEventListener(event, (said) => { done(/** @type {MessageEvent} */ (said).data || event); source.close(); });
    source.addEventListener('error', () => { done(''); source.close(); });
    setTimeout(() => { done(''); source.close(); }, 5000);
  });
  await attempt('read', text(`${target}/api/processes`));
  await attempt('read without cors', text(`${target}/api/processes`, { mode: 'no-cors' }));
  await attempt('order', text(order, { method: 'POST' }));
  await attempt('simple order', text(order, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{}' }));
  await attempt('order with a preflight', text(order, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }));
  await attempt('the page, with the state in it', text(`${target}/`));
  await attempt('polling', text(`${target}/socket.io/?EIO=4&transport=polling`));
  await attempt('WebSocket', firstOf(new WebSocket(`${target.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`), 'message'));
  await attempt('EventSource', firstOf(new EventSource(`${target}/api/events?after=0`), 'lifecycle:update'));
  navigator.sendBeacon(order, 'x');
  await attempt('script', element('script', { src: `${target}/api/processes` }));
  await attempt('image', element('img', { src: `${target}/api/processes` }));
  await attempt('style', element('link', { rel: 'stylesheet', href: `${target}/api/processes` }));
  await attempt('frame', element('iframe', { src: `${target}/` }));
  await attempt('form', element('form', { action: order, method: 'post', enctype: 'text/plain', target: '_blank' }));
  return read;
}

/** A page of another origin. @returns {Promise<{url: string, end: () => Promise<void>}>} */
async function foreignSite() {
  const server = http.createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>x</title><body></body>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/`, end: async () => { server.closeAllConnections(); await new Promise((done) => { server.close(done); }); } };
}

scenario('a page of another origin, on this machine too, can do and read nothing', { processes }, async ({ server, events }) => {
  const site = await foreignSite();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    assert.deepEqual(await within(page.evaluate(attack, server.url), 'the attack', 60_000), []);
    await events.quiet('a', 500);
    assert.equal((await server.state('a')).generation, 0);
  } finally {
    await browser.close();
    await site.end();
  }
});

scenario('a name that was rebound to this machine is no way in', { processes }, async ({ server, events }) => {
  const { port } = new URL(server.url);
  const browser = await launchChromium([`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`]);
  try {
    const page = await browser.newPage();
    const origin = `http://${REBOUND}:${port}`;
    // A document of that origin, which the refusal is as well: browsers that know which page came from elsewhere refuse
    // before the server does, and this is about the server.
    assert.equal((await page.goto(`${origin}/`))?.status(), 403);
    const read = await within(page.evaluate(attack, origin), 'the attack', 60_000);
    // The origin is the page's own, so that it may read that it is refused, and nothing else.
    const more = read.filter((one) => !/403 \{"success":false|^frame: \{"success":false/.test(one));
    assert.deepEqual(more, []);
    assert.ok(read.length > 0, 'the calls reached the server');
    await events.quiet('a', 500);
    assert.equal((await server.state('a')).generation, 0);
  } finally {
    await browser.close();
  }
});

scenario('from its own page the same calls work, so that the attack is one', { processes }, async ({ server, events }) => {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/api/docs`);
    const read = await within(page.evaluate(attack, server.url), 'the calls', 60_000);
    for (const what of ['read: 200', 'order: 200', 'polling: 200', 'WebSocket: 0{', 'EventSource: {']) {
      assert.ok(read.some((one) => one.startsWith(what)), `${what}: ${read.join('\n')}`);
    }
    await events.expect('a', 'starting', 'running');
  } finally {
    await browser.close();
  }
});
