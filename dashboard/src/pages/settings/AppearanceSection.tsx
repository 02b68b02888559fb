import { type LucideIcon, Monitor, Moon, Sun } from 'lucide-react';
import { chooseTheme, type Theme, useTheme } from '@/state/theme.ts';
import { Section } from './Section.tsx';

const THEMES: Record<Theme, { icon: LucideIcon; word: string }> = {
  system: { icon: Monitor, word: 'System' },
  light: { icon: Sun, word: 'Light' },
  dark: { icon: Moon, word: 'Dark' },
};

export function AppearanceSection() {
  const { theme: chosen } = useTheme();
  return (
    <Section title="Appearance" note="Kept in this browser.">
      <fieldset>
        <legend className="pb-1 text-xs font-medium text-soft">Theme</legend>
        <div className="inline-flex gap-0.5 rounded-lg border border-line bg-sunken p-0.5">
          {(Object.keys(THEMES) as Theme[]).map((theme) => (
            <Choice key={theme} theme={theme} chosen={theme === chosen} />
          ))}
        </div>
      </fieldset>
    </Section>
  );
}

function Choice({ theme, chosen }: { theme: Theme; chosen: boolean }) {
  const { icon: Icon, word } = THEMES[theme];
  return (
    <label className="flex h-7 cursor-pointer items-center gap-1.5 rounded-md px-2.5 font-medium text-soft transition-colors hover:text-text has-checked:bg-raised has-checked:text-text has-checked:shadow-(--shadow) has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent pointer-coarse:h-11">
      <input
        type="radio"
        name="theme"
        value={theme}
        checked={chosen}
        onChange={() => chooseTheme(theme)}
        className="sr-only"
      />
      <Icon size={14} aria-hidden="true" />
      {word}
    </label>
  );
}
