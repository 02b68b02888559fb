// OpenAI's SDK for Python against `/v1/responses`: see python/openai_responses.py.
import { casesOf } from './lib/python.mjs';

await casesOf('openai_responses', { upstream: { responses: false } });
