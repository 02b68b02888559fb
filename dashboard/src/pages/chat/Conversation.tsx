import { MessageSquare } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { again, useChat } from './chat.ts';
import { TurnView } from './TurnView.tsx';

/** How far from its end the page may be and still be followed, in pixels. */
const NEAR_END = 60;

type Props = { base: string; model: string; canAsk: boolean };

export function Conversation({ base, model, canAsk }: Props) {
  const turns = useChat((chat) => chat.turns);
  const list = useFollowing(turns);
  if (turns.length === 0) return <Nothing />;
  return (
    <ol ref={list} aria-label="Conversation" className="flex grow flex-col gap-6 pb-4">
      {turns.map((turn, at) => (
        <TurnView
          key={turn.id}
          turn={turn}
          onAgain={canAsk && at === turns.length - 1 ? () => again(base, model) : undefined}
        />
      ))}
    </ol>
  );
}

function Nothing() {
  return (
    <div className="flex grow flex-col items-center justify-center gap-2 py-10 text-center max-md:py-3 text-muted">
      <MessageSquare size={24} aria-hidden="true" className="max-md:hidden" />
      <p>Ask something: the answer comes as it is written, with its tokens and how long it took.</p>
    </div>
  );
}

/** Stays at the end as the answer grows, unless one has scrolled away from it. */
function useFollowing(turns: readonly unknown[]) {
  const list = useRef<HTMLOListElement>(null);
  const follow = useRef(true);
  const count = useRef(0);
  useEffect(() => {
    const scroller = document.querySelector('main');
    const onScroll = () => {
      if (scroller) {
        follow.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
      }
    };
    scroller?.addEventListener('scroll', onScroll, { passive: true });
    return () => scroller?.removeEventListener('scroll', onScroll);
  }, []);
  useLayoutEffect(() => {
    // Who has just asked wants to see the answer.
    const isNew = turns.length > count.current;
    count.current = turns.length;
    const scroller = list.current?.closest('main');
    if (scroller && (follow.current || isNew)) scroller.scrollTop = scroller.scrollHeight;
  }, [turns]);
  return list;
}
