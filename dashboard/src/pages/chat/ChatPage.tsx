import { MessageSquare, Plus } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { Textarea } from '@/components/Field.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { baseUrlOf, ROUTER } from '@/state/router.ts';
import type { View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useView } from '@/state/views.ts';
import { Composer } from './Composer.tsx';
import { Conversation } from './Conversation.tsx';
import { clear, useChat } from './chat.ts';
import { ModelPicker } from './ModelPicker.tsx';
import { RouterNotice } from './RouterNotice.tsx';
import { useModelChoice } from './useModelChoice.ts';

export function ChatPage() {
  const known = useLive((state) => state.epoch !== null);
  const router = useView(ROUTER);
  const base = baseUrlOf(router?.process);
  if (!known) return null;
  if (router && base !== null) return <Chat router={router} base={base} />;
  return (
    <>
      <PageHeader title="Chat" />
      <EmptyState icon={<MessageSquare size={24} />} title="There is no router to talk to">
        Chat sends its requests through the process <code className="font-mono">{ROUTER}</code>, which the configuration
        does not have{router && ' a port for'}. Add it to <code className="font-mono">signalbox.toml</code>.
      </EmptyState>
    </>
  );
}

function Chat({ router, base }: { router: View; base: string }) {
  const choice = useModelChoice();
  const turns = useChat((chat) => chat.turns);
  const waits = router.state === 'running' ? null : `${router.process.title} is not running`;
  const noModel = choice.model === '' ? 'Choose a model first' : null;
  return (
    <>
      <PageHeader title="Chat" note={`Through ${router.process.title}, as any program would`}>
        <Button
          icon={<Plus size={14} aria-hidden="true" />}
          unavailable={turns.length === 0 ? 'This one is new' : null}
          onClick={clear}
        >
          New conversation
        </Button>
      </PageHeader>
      {waits && <RouterNotice view={router} />}
      <div className="flex flex-col gap-3 pb-4">
        <ModelPicker {...choice} />
        <SystemPrompt />
      </div>
      <Conversation base={base} model={choice.model} canAsk={waits === null && noModel === null} />
      <div className="sticky bottom-0 -mx-1 -mb-5 bg-ground px-1 pt-2 pb-3 md:-mb-6">
        <Composer base={base} model={choice.model} waits={waits ?? noModel} />
      </div>
    </>
  );
}

function SystemPrompt() {
  const system = useChat((chat) => chat.system);
  return (
    <details open={system !== '' || undefined}>
      <summary className="w-fit rounded text-xs font-medium text-soft hover:text-text pointer-coarse:py-3">
        System prompt{system.trim() !== '' && ' (set)'}
      </summary>
      <Textarea
        label="System prompt"
        className="pt-2"
        rows={3}
        placeholder="You answer in one sentence."
        value={system}
        onChange={(event) => useChat.setState({ system: event.target.value })}
      />
    </details>
  );
}
