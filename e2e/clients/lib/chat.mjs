// An answer of a model, written as `/v1/chat/completions` and `/v1/completions` write it, whole and in pieces.
import { DONE, event, json, pause, stream, write } from './plan.mjs';

/**
 * @typedef {{id: string, name: string, arguments: string}} ToolCall
 * @typedef {{pieces?: string[], reasoning?: string[], calls?: ToolCall[]}} Answer
 * @typedef {import('./plan.mjs').Step} Step
 */

const CREATED = 1_760_000_000;
/** How many pieces a tool call's arguments are streamed in. */
const ARGUMENT_PIECES = 4;
/** Long enough that two chunks are never one read of a socket. */
const BETWEEN_CHUNKS_MS = 3;

/** What is said while a model thinks, so that no connection is taken for a dead one: no client may mind. */
const COMMENT = write(': ping\n\n');

export const USAGE = {
  prompt_tokens: 11, completion_tokens: 7, total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 3 }, completion_tokens_details: { reasoning_tokens: 2 },
};

/** @param {string} text a text whose pieces, joined, are the text again */
export const pieces = (text) => text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];

/** @param {Answer} answer */
const finish = (answer) => (answer.calls ? 'tool_calls' : 'stop');

/** @param {ToolCall} call */
const wholeCall = ({ id, name, arguments: text }) => ({ id, type: 'function', function: { name, arguments: text } });

/** @param {string} model @param {Answer} answer */
export function completion(model, answer) {
  const message = {
    role: 'assistant', content: answer.pieces ? answer.pieces.join('') : null, refusal: null,
    ...answer.reasoning && { reasoning_content: answer.reasoning.join('') },
    ...answer.calls && { tool_calls: answer.calls.map(wholeCall) },
  };
  return json(200, {
    id: 'chatcmpl-scripted', object: 'chat.completion', created: CREATED, model, system_fingerprint: 'fp_scripted',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish(answer) }], usage: USAGE,
  });
}

/** @param {string} model @param {object} delta @param {string | null} [reason] */
export const chunk = (model, delta, reason = null) => event({
  id: 'chatcmpl-scripted', object: 'chat.completion.chunk', created: CREATED, model, system_fingerprint: 'fp_scripted',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
});

/** @param {string} model */
const usageChunk = (model) => event({
  id: 'chatcmpl-scripted', object: 'chat.completion.chunk', created: CREATED, model, system_fingerprint: 'fp_scripted',
  choices: [], usage: USAGE,
});

/** @param {string} text @param {number} count */
function slices(text, count) {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, i) => text.slice(i * size, (i + 1) * size)).filter((slice) => slice !== '');
}

/** @param {ToolCall} call @param {number} index */
function* callDeltas(call, index) {
  yield { tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] };
  for (const piece of slices(call.arguments, ARGUMENT_PIECES)) yield { tool_calls: [{ index, function: { arguments: piece } }] };
}

/** @param {Answer} answer */
function* deltas(answer) {
  yield { role: 'assistant', content: answer.calls ? null : '' };
  for (const reasoning_content of answer.reasoning ?? []) yield { reasoning_content };
  for (const content of answer.pieces ?? []) yield { content };
  for (const [index, call] of (answer.calls ?? []).entries()) yield* callDeltas(call, index);
}

/** All events but the end. @param {string} model @param {Answer} answer @returns {Generator<Step>} */
export function* body(model, answer) {
  for (const delta of deltas(answer)) {
    yield chunk(model, delta);
    yield COMMENT;
    yield pause(BETWEEN_CHUNKS_MS);
  }
}

/** @param {any} request the body of the request @returns {Generator<Step>} */
export function* end(request, reason = 'stop') {
  yield chunk(request.model, {}, reason);
  if (request.stream_options?.include_usage) yield usageChunk(request.model);
  yield DONE;
}

/** @param {any} request @param {Answer} answer @returns {Generator<Step>} */
export function* events(request, answer) {
  yield* body(request.model, answer);
  yield* end(request, finish(answer));
}

/** What the request asks for: whole, or streamed. @param {any} request @param {Answer} answer */
export const answered = (request, answer) => (request.stream ? stream(events(request, answer)) : completion(request.model, answer));

/** `/v1/completions`. @param {any} request @param {Answer} answer */
export function legacy(request, answer) {
  const shape = (/** @type {string} */ text, /** @type {string | null} */ reason) => ({
    id: 'cmpl-scripted', object: 'text_completion', created: CREATED, model: request.model,
    choices: [{ index: 0, text, logprobs: null, finish_reason: reason }],
  });
  const parts = answer.pieces ?? [];
  if (!request.stream) return json(200, { ...shape(parts.join(''), 'stop'), usage: USAGE });
  return stream([...parts.map((text) => event(shape(text, null))), event(shape('', 'stop')), DONE]);
}

/** `/v1/embeddings`: as many vectors as texts, as numbers or, as the official SDKs ask, base64 of floats. @param {any} request */
export function embeddings(request) {
  const inputs = Array.isArray(request.input) ? request.input : [request.input];
  const data = inputs.map((/** @type {unknown} */ _input, /** @type {number} */ index) => {
    const vector = vectorOf(index);
    const embedding = request.encoding_format === 'base64' ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
    return { object: 'embedding', index, embedding };
  });
  return json(200, { object: 'list', data, model: request.model, usage: { prompt_tokens: 5, total_tokens: 5 } });
}

/** The vector of the text at this place; its numbers are exact as floats, too. @param {number} index */
export const vectorOf = (index) => [index + 0.5, -0.25, 0.125];
