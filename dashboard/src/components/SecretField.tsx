import { Button } from './Button.tsx';
import { Field } from './Field.tsx';
import { BOX } from './field-box.ts';

type Props = {
  label: string;
  /** Whether one is set already. */
  isSet: boolean;
  /** What was typed. It is never what is set: that is not known here. */
  value: string;
  /** Whether the one that is set is to be removed. */
  removed?: boolean;
  error?: string | undefined;
  /** What to know where none is set, and where one is. */
  help?: string;
  helpIfSet?: string;
  onType: (value: string) => void;
  /** Where one may be without a key. */
  onRemove?: (remove: boolean) => void;
  className?: string;
};

const STAYS = 'It is never shown, and stays unless you type another one.';

/** A key: always empty at first, says whether one is set, leaves that one while nothing is typed, and can remove it. */
export function SecretField(props: Props) {
  const { label, isSet, value, removed = false, error, help = '', helpIfSet = STAYS, onType, onRemove } = props;
  const words = isSet ? `Set. ${helpIfSet}` : `Not set. ${help}`;
  return (
    <Field
      label={label}
      help={removed ? 'The key will be removed when you save.' : words}
      error={error}
      {...(props.className ? { className: props.className } : {})}
      control={(control) => (
        <div className="flex gap-2">
          <input
            {...control}
            type="password"
            // Anything else is filled in by browsers with a password that they keep.
            autoComplete="new-password"
            spellCheck={false}
            placeholder={isSet && !removed ? '••••••••••••' : ''}
            value={value}
            onChange={(event) => onType(event.target.value)}
            className={`${BOX} min-w-0 font-mono`}
          />
          {isSet && onRemove && (
            <Button onClick={() => onRemove(!removed)}>{removed ? 'Keep the key' : 'Remove the key'}</Button>
          )}
        </div>
      )}
    />
  );
}
