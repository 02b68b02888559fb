// Configurations of processes, each read once in a run of the server: they do not change while it runs.
import { useEffect, useState } from 'react';
import { call } from '@/api/client.ts';
import { asFailure, type Failure } from '@/api/failure.ts';
import type { ProcessConfig } from '@/api/types.ts';
import { live, useLive } from './store.ts';

const read = new Map<string, Promise<ProcessConfig>>();
let epochRead: string | null = null;

export function configOf(id: string): Promise<ProcessConfig> {
  const { epoch } = live.getState();
  if (epoch !== epochRead) read.clear();
  epochRead = epoch;
  const known = read.get(id);
  if (known) return known;
  const asked = call('get', '/api/processes/{id}/config', { params: { id } });
  read.set(id, asked);
  asked.catch(() => read.delete(id));
  return asked;
}

type Answer = { config: ProcessConfig | null; failure: Failure | null };

const NOTHING: Answer = { config: null, failure: null };

/** A process's configuration; it is asked for only while `wanted`. */
export function useConfig(id: string, wanted = true): Answer {
  const epoch = useLive((state) => (state.connection === 'live' ? state.epoch : null));
  const [answer, setAnswer] = useState<Answer>(NOTHING);
  useEffect(() => {
    if (!wanted || epoch === null) return;
    let left = false;
    configOf(id).then(
      (config) => left || setAnswer({ config, failure: null }),
      (thrown) => left || setAnswer({ config: null, failure: asFailure(thrown) }),
    );
    return () => {
      left = true;
    };
  }, [id, wanted, epoch]);
  return answer;
}
