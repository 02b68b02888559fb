// LangChain for Python: see python/langchain_sdk.py.
import { casesOf } from './lib/python.mjs';

await casesOf('langchain_sdk', { via: ['router'] });
