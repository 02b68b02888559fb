import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { announce } from '@/state/announce.ts';
import { toast } from '@/state/toasts.ts';
import { Button } from './Button.tsx';

const SHOWN_MS = 1_500;

/** Copies a text. `what` names it: `Copy the curl line`. */
export function CopyButton({ text, what, className = '' }: { text: string; what: string; className?: string }) {
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
    />
  );
}
