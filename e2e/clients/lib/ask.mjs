// What all clients are asked to do, and what must come back.
import assert from 'node:assert/strict';
import { AFTER_TOOLS, TEXT, WEATHER } from './scripts.mjs';

/** @typedef {{role: 'user', content: string}} UserMessage */
/** @type {UserMessage[]} */
export const MESSAGES = [{ role: 'user', content: 'How is it where you are?' }];

export const WEATHER_PARAMETERS = {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { type: 'string' } },
  required: ['city', 'unit'],
  additionalProperties: false,
};
export const WEATHER_TOOL = /** @type {const} */ ({
  type: 'function',
  function: { name: 'get_weather', description: 'The weather in a city', parameters: WEATHER_PARAMETERS },
});
export const WEATHER_ARGUMENTS = JSON.parse(WEATHER.arguments);
export const WEATHER_SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, degrees: { type: 'number' } },
  required: ['city', 'degrees'],
  additionalProperties: false,
};
export const SCHEMA_VALUE = { city: 'Paris', degrees: 21 };
export { AFTER_TOOLS, TEXT };

/**
 * The first word is there while the upstream still holds back the rest: nobody in between collects.
 * @param {import('./upstream.mjs').Upstream} upstream
 * @param {AsyncIterable<string | null | undefined>} words of the script `gated`
 */
export async function arrivesAsSent(upstream, words) {
  let text = '';
  let opened = false;
  for await (const word of words) {
    text += word ?? '';
    if (!opened && text !== '') {
      assert.equal(text, 'First ');
      opened = true;
      await upstream.open();
    }
  }
  assert.equal(text, 'First last.');
}

/** @template T @param {AsyncIterable<T>} items @returns {Promise<T[]>} */
export async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}
