import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { call, request, whenUnauthorized } from './client.ts';
import { asFailure, type FailureKind } from './failure.ts';
import { writeToken } from './token.ts';

const answers = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubGlobal('fetch', answers);
});

afterEach(() => {
  vi.unstubAllGlobals();
  answers.mockReset();
  writeToken(null);
});

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const html = (status: number) =>
  new Response('<h1>Hello</h1>', { status, headers: { 'content-type': 'text/html; charset=utf-8' } });
const envelope = (message: string, rest = {}) => ({
  success: false,
  error: { message, type: 't', code: 'c', ...rest },
});

async function check(answer: Response | Error, kind: FailureKind, words: RegExp) {
  if (answer instanceof Error) answers.mockRejectedValueOnce(answer);
  else answers.mockResolvedValueOnce(answer);
  const failure = await call('get', '/api/proxy/status').then(() => null, asFailure);
  expect(failure?.kind).toBe(kind);
  expect(failure?.message).toMatch(words);
  return failure;
}

it('turns every failure into words', async () => {
  await check(json(401, envelope('This server needs its token')), 'unauthorized', /needs its token/);
  await check(json(403, envelope('Calls with this origin are refused')), 'forbidden', /origin/);
  await check(json(404, envelope('There is no process `x`')), 'not-found', /no process/);
  await check(json(409, envelope('It is in use')), 'refused', /in use/);
  await check(json(500, envelope('The journal cannot be read')), 'server', /journal/);
  await check(new Response('', { status: 500 }), 'server', /failed \(500\)/);
  await check(new Response('Bad gateway', { status: 502 }), 'server', /does not answer/);
  await check(html(404), 'not-found', /text\/html and not JSON/);
  await check(html(200), 'unreadable', /text\/html and not JSON/);
  await check(new TypeError('Failed to fetch'), 'unreachable', /does not answer/);
});

it('keeps the field that is wrong', async () => {
  const failure = await check(json(422, envelope('too long', { param: 'name' })), 'invalid', /too long/);
  expect(failure?.param).toBe('name');
});

it('says when the token did not open', async () => {
  const told = vi.fn();
  whenUnauthorized(told);
  await check(json(401, envelope('no')), 'unauthorized', /no/);
  expect(told).toHaveBeenCalledOnce();
});

it('sends the token, the query without gaps, and the body as JSON', async () => {
  writeToken('secret');
  answers.mockResolvedValueOnce(json(200, { ok: true }));
  const options = { params: { id: 'a/b' }, query: { after: 7, limit: undefined }, body: { x: 1 } };
  await request('put', '/api/things/{id}', options);
  const [url, init] = answers.mock.calls[0] ?? [];
  expect(url).toBe('/api/things/a%2Fb?after=7');
  expect(init).toMatchObject({ method: 'PUT', body: '{"x":1}' });
  expect(init?.headers).toMatchObject({ authorization: 'Bearer secret', 'content-type': 'application/json' });
});
