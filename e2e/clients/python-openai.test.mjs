// OpenAI's SDK for Python: see python/openai_sdk.py.
import { casesOf } from './lib/python.mjs';

await casesOf('openai_sdk', { via: ['router', 'qwen', 'chain'] });
