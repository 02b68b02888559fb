// What a provider streams is what the client gets: every byte, in whatever pieces it was sent.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { call } from '../lib/http.mjs';
import { CUT, pause, stream, write } from './lib/plan.mjs';
import { through } from './lib/through.mjs';

const FOLDER = new URL('streams/', import.meta.url);
const RECORDED = readdirSync(FOLDER).filter((name) => name.endsWith('.sse'));
const WAYS = ['router', 'qwen', 'chain'];

/** @param {string} name */
const bytesOf = (name) => readFileSync(new URL(name, FOLDER));

/** Numbers that look random and are the same in every run, for a stream's cuts. @param {number} seed */
function* pseudoRandom(seed) {
  for (let state = seed;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state;
  }
}

/** @param {Buffer} bytes @param {Iterable<number>} lengths */
function* cutUp(bytes, lengths) {
  let at = 0;
  for (const length of lengths) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Pieces of 1 to 40 bytes: they end within events, within a CRLF and within a character. @param {number} seed */
function* shortLengths(seed) {
  for (const number of pseudoRandom(seed)) yield 1 + (number >> 8) % 40;
}

/** Ways of sending the same bytes. @type {Record<string, (bytes: Buffer) => Iterable<Uint8Array>>} */
const CUTS = {
  'at once': (bytes) => [bytes],
  'event by event': (bytes) => bytes.toString('latin1').split(/(?<=\r?\n\r?\n)/).map((part) => Buffer.from(part, 'latin1')),
  'in pieces that end anywhere': (bytes) => cutUp(bytes, shortLengths(bytes.length)),
};

/** @param {Iterable<Uint8Array>} parts @param {number} ms */
function* written(parts, ms) {
  for (const part of parts) {
    yield write(part);
    if (ms > 0) yield pause(ms);
  }
}

const [, PER_EVENT] = Object.keys(CUTS);
/** Every stream in every way of sending, each a script of its own. */
const SCRIPTS = Object.fromEntries(RECORDED.flatMap((name) => Object.entries(CUTS).map(([cut, parts]) => [
  `${name} ${cut}`, () => stream(written(parts(bytesOf(name)), cut === PER_EVENT ? 2 : 0)),
])));

/** @param {string} url @param {string} model @param {object} [more] */
const ask = (url, model, more = {}) => call(`${url}/chat/completions`, {
  method: 'POST', headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }], ...more }),
});

through('every recorded stream arrives byte for byte', async ({ upstream, url }) => {
  assert.ok(RECORDED.length >= 10, 'the recordings are there');
  for (const model of Object.keys(SCRIPTS)) {
    for (const more of [{}, { stream_options: { include_usage: true } }]) {
      upstream.sent.length = 0;
      const answer = await ask(url, model, more);
      assert.equal(answer.status, 200, model);
      assert.equal(answer.text, Buffer.concat(upstream.sent).toString(), model);
      assert.equal(answer.text, bytesOf(model.split(' ')[0]).toString(), `the upstream sent all of ${model}`);
      assert.match(answer.headers['content-type'] ?? '', /^text\/event-stream/);
      assert.equal(answer.headers['content-encoding'], undefined);
    }
  }
}, { via: WAYS, upstream: { scripts: SCRIPTS } });

/** All of a stream but its last bytes, and then the end of the connection. */
const BROKEN = Object.fromEntries(RECORDED.map((name) => [name, () => stream([write(bytesOf(name).subarray(0, -25)), pause(5), CUT])]));

/** What arrived until the connection broke, and whether it did. @param {string} url @param {string} model */
async function untilBroken(url, model) {
  const answer = await fetch(`${url}/chat/completions`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model, stream: true, messages: [] }),
  });
  const parts = [];
  try {
    for await (const part of answer.body ?? []) parts.push(part);
  } catch {
    return { bytes: Buffer.concat(parts), broken: true };
  }
  return { bytes: Buffer.concat(parts), broken: false };
}

through('what came before a cut arrives, and the cut can be seen', async ({ url }) => {
  for (const name of RECORDED) {
    const sent = bytesOf(name).subarray(0, -25);
    const { bytes, broken } = await untilBroken(url, name);
    assert.ok(bytes.subarray(0, sent.length).equals(sent), `${name}: ${bytes.toString()}`);
    const rest = bytes.subarray(sent.length).toString();
    assert.ok(broken || /"error"/.test(rest), `${name}: the end is an error or none: ${rest}`);
    assert.ok(!rest.includes('[DONE]'), `${name}: no end that was not sent`);
  }
}, { via: WAYS, upstream: { scripts: BROKEN } });
