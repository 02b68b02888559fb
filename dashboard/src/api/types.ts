// The words of the wire. Everything here is named after the server's OpenAPI document, never written by hand, save
// what that document does not describe yet.
import type { components } from './schema.ts';

type Schemas = components['schemas'];

export type State = Schemas['State'];
export type Overall = Schemas['Overall'];
export type Process = Schemas['Process'];
export type Cause = Schemas['Cause'];
export type Evidence = Schemas['Evidence'];
export type Exit = Schemas['Exit'];
export type ProcessConfig = Schemas['Config'];
export type LogLine = Schemas['LogLine'];
export type Stream = Schemas['Stream'];
export type Credentials = Schemas['Credentials'];
export type ApiError = Schemas['ApiError'];
export type History = Schemas['History'];

/** The state of everything, with each process under its id. */
export type Status = Schemas['Status'];
/** One transition of one process, which stands under its id. */
export type LifecycleEvent = Schemas['Event'];

/** A provider of the router. Its key is written, never read. */
export type Provider = {
  id: string;
  name: string;
  type: string;
  baseUrl: string;
  enabled: boolean;
  priority: number;
  description: string | null;
  hasApiKey: boolean;
  createdAt: number;
  updatedAt: number;
};

/** A model that a provider serves. */
export type Model = {
  id: string;
  name: string;
  providerId: string;
  upstreamModel: string | null;
  capabilities: string[];
  createdAt: number;
  updatedAt: number;
};

/** All settings by key. */
export type Settings = Record<string, unknown>;
