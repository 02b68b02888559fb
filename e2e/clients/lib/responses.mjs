// An answer of a model as `/v1/responses` writes it, for an upstream that has that of its own.
import { pieces } from './chat.mjs';
import { CUT, failure, json, pause, stream, write } from './plan.mjs';
import { AFTER_TOOLS, SCHEMA_TEXT, TEXT, WEATHER } from './scripts.mjs';

/** @typedef {import('./plan.mjs').Step} Step */

const ID = 'resp_scripted';
const USAGE = {
  input_tokens: 11, input_tokens_details: { cached_tokens: 3 },
  output_tokens: 7, output_tokens_details: { reasoning_tokens: 2 }, total_tokens: 18,
};

/** @param {string} text */
const textPart = (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
/** @param {string} text @param {string} status */
const message = (text, status) => ({ id: 'msg_scripted', type: 'message', status, role: 'assistant', content: status === 'completed' ? [textPart(text)] : [] });
/** @param {string} text @param {string} status */
const functionCall = (text, status) => ({ id: 'fc_scripted', type: 'function_call', status, call_id: WEATHER.id, name: WEATHER.name, arguments: text });

/** @param {any} request @param {string} status @param {object[]} output */
const whole = (request, status, output) => ({
  id: ID, object: 'response', created_at: 1_760_000_000, status, error: null, incomplete_details: null,
  instructions: request.instructions ?? null, max_output_tokens: null, metadata: {}, model: request.model, output,
  parallel_tool_calls: true, previous_response_id: null, reasoning: { effort: null, summary: null }, store: false,
  temperature: 1, text: request.text ?? { format: { type: 'text' } }, tool_choice: 'auto', tools: request.tools ?? [],
  top_p: 1, truncation: 'disabled', usage: status === 'completed' ? USAGE : null,
});

/** @param {any} request @param {string} text @returns {Generator<[string, object]>} */
function* textEvents(request, text) {
  const at = { item_id: 'msg_scripted', output_index: 0, content_index: 0 };
  yield ['response.output_item.added', { output_index: 0, item: message('', 'in_progress') }];
  yield ['response.content_part.added', { ...at, part: textPart('') }];
  for (const delta of pieces(text)) yield ['response.output_text.delta', { ...at, delta, logprobs: [] }];
  yield ['response.output_text.done', { ...at, text, logprobs: [] }];
  yield ['response.content_part.done', { ...at, part: textPart(text) }];
  yield ['response.output_item.done', { output_index: 0, item: message(text, 'completed') }];
  yield ['response.completed', { response: whole(request, 'completed', [message(text, 'completed')]) }];
}

/** @param {any} request @returns {Generator<[string, object]>} */
function* callEvents(request) {
  const at = { item_id: 'fc_scripted', output_index: 0 };
  yield ['response.output_item.added', { output_index: 0, item: functionCall('', 'in_progress') }];
  for (const delta of WEATHER.arguments.match(/.{1,9}/g) ?? []) yield ['response.function_call_arguments.delta', { ...at, delta }];
  yield ['response.function_call_arguments.done', { ...at, name: WEATHER.name, arguments: WEATHER.arguments }];
  yield ['response.output_item.done', { output_index: 0, item: functionCall(WEATHER.arguments, 'completed') }];
  yield ['response.completed', { response: whole(request, 'completed', [functionCall(WEATHER.arguments, 'completed')]) }];
}

/** @param {any} request @param {Iterable<[string, object]>} events @returns {Generator<Step>} */
function* numbered(request, events) {
  let sequence_number = 0;
  const begin = whole(request, 'in_progress', []);
  for (const [type, value] of [['response.created', { response: begin }], ['response.in_progress', { response: begin }], ...events]) {
    yield write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...value })}\n\n`);
    yield pause(3);
    sequence_number += 1;
  }
}

/** @param {any} request */
const hasResult = (request) => Array.isArray(request.input) && request.input.some((/** @type {any} */ item) => item.type === 'function_call_output');

/** @param {any} request @returns {string | null} the text, or null for a tool call */
function textFor(request) {
  if (request.model === 'tools') return hasResult(request) ? AFTER_TOOLS : null;
  return request.model === 'schema' ? SCHEMA_TEXT : TEXT;
}

/** The plan, where the script is not one that is the same for every endpoint. @param {any} request @returns {import('./plan.mjs').Plan | null} */
export function responses(request) {
  if (!['plain', 'tools', 'schema', 'cut'].includes(request.model)) return null;
  if (request.model === 'schema' && request.text?.format?.type !== 'json_schema') return failure(400, 'This script needs a json_schema.', 'invalid_request_error', null);
  const text = textFor(request);
  if (!request.stream) return json(200, whole(request, 'completed', [text === null ? functionCall(WEATHER.arguments, 'completed') : message(text, 'completed')]));
  const steps = [...numbered(request, text === null ? callEvents(request) : textEvents(request, text))];
  return stream(request.model === 'cut' ? [...steps.slice(0, -8), CUT] : steps);
}
