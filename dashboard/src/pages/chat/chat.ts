// The conversation of this tab. It goes on while another page is looked at, and is kept nowhere else.
import { create } from 'zustand';
import { announce } from '@/state/announce.ts';
import { type Answer, BEGUN, type Ending } from './answer.ts';
import { requestOf, type Turn } from './request.ts';
import { ask } from './stream.ts';

type Chat = {
  turns: readonly Turn[];
  /** What is being typed. */
  draft: string;
  system: string;
  /** The model that was chosen here; null: whichever is the active one. */
  model: string | null;
};

export const useChat = create<Chat>(() => ({ turns: [], draft: '', system: '', model: null }));

let underway: AbortController | null = null;
let lastId = 0;

export const isRunning = ({ turns }: Chat) => turns.at(-1)?.answer.ending === 'running';

/** Sends a question; the draft is empty then. */
export async function send(base: string, model: string, question: string): Promise<void> {
  const { turns, system } = useChat.getState();
  if (isRunning(useChat.getState())) return;
  lastId += 1;
  const id = lastId;
  const request = requestOf(base, model, system, turns, question);
  useChat.setState({ draft: '', turns: [...turns, { id, question, request, answer: BEGUN }] });
  underway = new AbortController();
  const answer = await ask(request, underway.signal, (news) => grow(id, news));
  announce(SAID[answer.ending] + (answer.error === null ? '' : `: ${answer.error}`), answer.ending === 'failed');
}

const SAID: Record<Ending, string> = {
  running: '',
  complete: 'The answer is complete',
  stopped: 'Stopped the answer',
  incomplete: 'The answer is incomplete',
  failed: 'The request failed',
};

function grow(id: number, answer: Answer): void {
  useChat.setState(({ turns }) => ({ turns: turns.map((turn) => (turn.id === id ? { ...turn, answer } : turn)) }));
}

export function stop(): void {
  underway?.abort();
}

/** Asks the last question again, in place of what became of it. */
export function again(base: string, model: string): void {
  const { turns } = useChat.getState();
  const last = turns.at(-1);
  if (!last || last.answer.ending === 'running') return;
  useChat.setState({ turns: turns.slice(0, -1) });
  const { draft } = useChat.getState();
  void send(base, model, last.question);
  // What is being typed meanwhile stays.
  useChat.setState({ draft });
}

export function clear(): void {
  stop();
  useChat.setState({ turns: [] });
}
