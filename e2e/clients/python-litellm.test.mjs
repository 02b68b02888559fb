// LiteLLM as a client: see python/litellm_sdk.py.
import { casesOf } from './lib/python.mjs';

await casesOf('litellm_sdk', { via: ['router'] });
