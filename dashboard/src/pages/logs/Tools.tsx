import { Clock, Copy, Download, Eraser, Pause, Play, WrapText } from 'lucide-react';
import type { Stream } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { changeLook, useLook } from '@/state/logs/look.ts';
import { Toggle } from './Toggle.tsx';

type Props = {
  held: boolean;
  stream: Stream | null;
  onHold: (held: boolean) => void;
  onStream: (stream: Stream | null) => void;
  onClear: () => void;
  onCopy: () => void;
  onDownload: () => void;
};

/** What can be done with what is shown, and how it looks. */
export function Tools({ held, stream, onHold, onStream, onClear, onCopy, onDownload }: Props) {
  const { wrap, times } = useLook();
  return (
    <div className="flex flex-wrap items-center gap-1 max-sm:gap-0.5">
      <StreamChoice stream={stream} onStream={onStream} />
      <Button
        icon={held ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
        className="w-[6.25rem] max-sm:w-11 max-sm:px-0"
        aria-keyshortcuts="p"
        onClick={() => onHold(!held)}
      >
        <span className="max-sm:sr-only">{held ? 'Resume' : 'Pause'}</span>
      </Button>
      <Toggle
        label="Wrap long lines"
        title="Wrap long lines (w)"
        pressed={wrap}
        onPress={(on) => changeLook({ wrap: on })}
      >
        <WrapText size={15} aria-hidden="true" />
      </Toggle>
      <Toggle label="Times" title="Times (t)" pressed={times} onPress={(on) => changeLook({ times: on })}>
        <Clock size={15} aria-hidden="true" />
      </Toggle>
      <Tool label="Copy what is shown" icon={<Copy size={15} />} onClick={onCopy} />
      <Tool label="Download what is shown" icon={<Download size={15} />} onClick={onDownload} />
      <Tool label="Clear this view" icon={<Eraser size={15} />} onClick={onClear} />
    </div>
  );
}

function Tool({ label, ...rest }: { label: string; icon: React.ReactNode; onClick: () => void }) {
  return <Button look="quiet" aria-label={label} title={label} {...rest} />;
}

function StreamChoice({ stream, onStream }: Pick<Props, 'stream' | 'onStream'>) {
  return (
    <select
      aria-label="Streams"
      title="Streams"
      value={stream ?? ''}
      onChange={({ target }) => onStream(target.value === '' ? null : (target.value as Stream))}
      className="mr-1 h-8 w-[5.5rem] rounded-md max-sm:w-[4.5rem] border border-line-strong bg-surface px-1.5 text-sm pointer-coarse:h-11"
    >
      <option value="">Both</option>
      <option value="stdout">stdout</option>
      <option value="stderr">stderr</option>
    </select>
  );
}
