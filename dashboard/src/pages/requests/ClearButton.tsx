import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { request } from '@/api/client.ts';
import { Button } from '@/components/Button.tsx';
import { ConfirmDialog } from '@/components/ConfirmDialog.tsx';
import { waitsOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';

/** Deletes those that have ended; `none`: there are none. */
export function ClearButton({ none }: { none: boolean }) {
  const waits = useLive(waitsOf);
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        icon={<Trash2 size={14} aria-hidden="true" />}
        unavailable={waits ?? (none ? 'There are none' : null)}
        onClick={() => setAsking(true)}
      >
        Clear
      </Button>
      {asking && (
        <ConfirmDialog
          title="Delete the requests?"
          confirm="Delete"
          onConfirm={() => request('delete', '/api/requests')}
          onClose={() => setAsking(false)}
        >
          All that have ended are deleted from the server’s list, for everybody. Those in flight stay. This cannot be
          undone.
        </ConfirmDialog>
      )}
    </>
  );
}
