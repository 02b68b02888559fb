import { useState } from 'react';
import { Input, Select } from '@/components/Field.tsx';
import { useChat } from './chat.ts';
import type { ModelChoice } from './useModelChoice.ts';

/** No model has this name: names have no spaces. */
const ANOTHER = 'another model';

/** One of the models that are known, or any other by its name. */
export function ModelPicker({ model, own, others, failure }: ModelChoice) {
  const [typing, setTyping] = useState(false);
  const choose = (name: string) => {
    setTyping(name === ANOTHER);
    if (name !== ANOTHER) useChat.setState({ model: name });
  };
  const isListed = own.some(({ id }) => id === model) || others.includes(model);
  return (
    <div className="flex flex-wrap items-start gap-3">
      <Select
        label="Model"
        className="w-64 max-sm:w-full"
        help={failure && `The router’s models are not known: ${failure}`}
        value={typing ? ANOTHER : model}
        onChange={(event) => choose(event.target.value)}
      >
        {model === '' && <option value="">None is known</option>}
        {model !== '' && !isListed && <option value={model}>{model}</option>}
        {own.length > 0 && (
          <optgroup label="Your models">
            {own.map(({ id, name }) => (
              <option key={id} value={id}>
                {name === id ? name : `${name} (${id})`}
              </option>
            ))}
          </optgroup>
        )}
        {others.length > 0 && (
          <optgroup label="Of the providers">
            {others.map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </optgroup>
        )}
        <option value={ANOTHER}>Another one, by its name…</option>
      </Select>
      {typing && <NameInput model={model} />}
    </div>
  );
}

function NameInput({ model }: { model: string }) {
  return (
    <Input
      label="Name of the model"
      className="w-64 max-sm:w-full"
      autoComplete="off"
      spellCheck={false}
      autoFocus
      placeholder="provider/model, or model"
      value={model}
      onChange={(event) => useChat.setState({ model: event.target.value.trim() })}
    />
  );
}
