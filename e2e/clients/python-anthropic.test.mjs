// Anthropic's SDK for Python: see python/anthropic_sdk.py.
import { casesOf } from './lib/python.mjs';

await casesOf('anthropic_sdk', { via: ['router'] });
