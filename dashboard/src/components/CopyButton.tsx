import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { announce } from '@/state/announce.ts';
import { toast } from '@/state/toasts.ts';
import { Button } from './Button.tsx';

const SHOWN_MS = 1_500;

type Props = {
  text: string;
  /** Names it: `Copy the curl line`. */
  what: string;
  /** Shown beside the icon. */
  label?: string;
  className?: string;
};

/** Copies a text. */
export function CopyButton({ text, what, label, className = '' }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce('Copied');
    } catch {
      toast('error', 'The browser did not let this page copy. Select the text and copy it yourself.');
    }
  };
  const icon = copied ? <Check size={14} className="text-good" /> : <Copy size={14} />;
  return (
    <Button
      look="quiet"
      size="small"
      icon={icon}
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      className={className}
      onClick={copy}
    >
      {label}
    </Button>
  );
}
