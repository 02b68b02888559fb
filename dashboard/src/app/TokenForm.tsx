import { type FormEvent, useState } from 'react';
import { Button } from '@/components/Button.tsx';
import { Card } from '@/components/Card.tsx';
import { Input } from '@/components/Field.tsx';
import { connectWith } from '@/state/socket.ts';
import { useLive } from '@/state/store.ts';

/** Asks for the token, which stays in this tab alone. */
export function TokenForm() {
  const refused = useLive((state) => state.tokenError);
  const [token, setToken] = useState('');
  const [empty, setEmpty] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Whoever copies it from a terminal may bring the end of its line.
    const trimmed = token.trim();
    setEmpty(trimmed === '');
    if (trimmed === '') return;
    setToken('');
    connectWith(trimmed);
  };
  return (
    <div className="mx-auto flex w-full max-w-sm flex-col pt-[12vh]">
      <Card className="p-5">
        <h1 className="pb-1 text-lg font-semibold">This server wants its token</h1>
        <p className="pb-4 text-muted">
          It is in the file <code className="font-mono text-xs">token</code> of the server's data directory. This tab
          keeps it until it is closed.
        </p>
        <form onSubmit={submit} className="flex flex-col gap-1">
          <Input
            label="Token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            autoFocus
            value={token}
            steady
            error={empty ? 'Enter the token.' : refused}
            onChange={(event) => setToken(event.target.value)}
          />
          <Button type="submit" look="primary">
            Connect
          </Button>
        </form>
      </Card>
    </div>
  );
}
