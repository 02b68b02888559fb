// The words of the wire, as the server's OpenAPI document has them; nothing here is written by hand.
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
/** What came of comparing what is announced with what is so. */
export type Audit = Schemas['Audit'];

/** The state of everything, with each process under its id. */
export type Status = Schemas['Status'];
/** One transition of one process, which stands under its id. */
export type LifecycleEvent = Schemas['Event'];
/** What a process says of itself within its state. */
export type DetailUpdate = Schemas['DetailUpdate'];

/** A provider of the router. Its key is written, never read. */
export type Provider = Schemas['Provider'];
export type ProviderType = Schemas['ProviderType'];
export type NewProvider = Schemas['NewProvider'];
export type ProviderChange = Schemas['ProviderChange'];
export type ProviderTest = Schemas['ProviderTest'];

/** A model that a provider serves. */
export type Model = Schemas['Model'];
export type NewModel = Schemas['NewModel'];
export type ModelChange = Schemas['ModelChange'];

export type QwenCredentials = Schemas['QwenCredentials'];
export type NewQwenCredentials = Schemas['NewQwenCredentials'];
export type QwenRegion = Schemas['QwenRegion'];

/** All settings by key. */
export type Settings = Schemas['SettingList']['settings'];

/** What each Socket.IO event carries. */
export type ServerEvents = Schemas['ServerEvents'];
