import { type LucideIcon, Monitor, Moon, Sun } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { chooseTheme, type Theme, useTheme } from '@/state/theme.ts';

const THEMES: Record<Theme, { icon: LucideIcon; word: string; next: Theme }> = {
  system: { icon: Monitor, word: 'System', next: 'light' },
  light: { icon: Sun, word: 'Light', next: 'dark' },
  dark: { icon: Moon, word: 'Dark', next: 'system' },
};

/** Goes through the three themes. */
export function ThemeButton() {
  const { theme } = useTheme();
  const { icon: Icon, word, next } = THEMES[theme];
  return (
    <Button
      look="quiet"
      aria-label={`Theme: ${word}. Change to ${THEMES[next].word.toLowerCase()}`}
      icon={<Icon size={15} aria-hidden="true" />}
      className="w-full justify-start"
      onClick={() => chooseTheme(next)}
    >
      {word}
    </Button>
  );
}
