import { Check } from 'lucide-react';
import { useState } from 'react';
import { asFailure } from '@/api/failure.ts';
import { Button } from '@/components/Button.tsx';
import { announce } from '@/state/announce.ts';
import { setSetting } from '@/state/settings.ts';
import { toast } from '@/state/toasts.ts';

type Props = {
  id: string;
  name: string;
  active: boolean;
  /** Why nothing can be done now. */
  waits: string | null;
};

/** Makes it the model that is chosen where none is named. */
export function UseButton({ id, name, active, waits }: Props) {
  const [busy, setBusy] = useState(false);
  const use = async () => {
    setBusy(true);
    try {
      await setSetting('active_model', id);
      announce(`${name} is the active model`);
    } catch (thrown) {
      toast('error', `Could not use ${name}: ${asFailure(thrown).message}`);
    }
    setBusy(false);
  };
  return (
    <Button
      size="small"
      icon={<Check size={14} aria-hidden="true" />}
      aria-label={`Use ${name}`}
      busy={busy}
      unavailable={active ? 'It is the active model already' : waits}
      onClick={() => void use()}
    >
      Use
    </Button>
  );
}
