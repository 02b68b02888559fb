import { Command } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { Button } from '@/components/Button.tsx';
import { Logo } from './Logo.tsx';
import { type Page, pages } from './routes.tsx';
import { ThemeButton } from './ThemeButton.tsx';

/** The pages, on the left; at the bottom where the screen is narrow. */
export function Rail({ onCommand }: { onCommand: () => void }) {
  return (
    <nav
      aria-label="Pages"
      className="flex border-line bg-ground max-md:row-start-3 max-md:border-t md:col-start-1 md:row-start-1 md:w-52 md:flex-col md:border-r"
    >
      <div className="hidden h-14 items-center gap-2.5 px-4 md:flex">
        <Logo />
        <span className="text-base font-semibold tracking-tight">Signalbox</span>
      </div>
      <ul className="flex min-w-0 grow justify-around gap-0.5 overflow-x-auto px-1 py-1 md:flex-col md:justify-start md:px-2.5">
        {pages.map((page) => page.icon && <Entry key={page.path} page={page} />)}
      </ul>
      <div className="hidden flex-col gap-0.5 p-2.5 md:flex">
        <Button
          look="quiet"
          icon={<Command size={15} aria-hidden="true" />}
          className="w-full justify-start"
          onClick={onCommand}
        >
          <span className="grow text-left">Commands</span>
          <kbd className="font-sans text-2xs text-muted">Ctrl K</kbd>
        </Button>
        <ThemeButton />
      </div>
    </nav>
  );
}

function Entry({ page }: { page: Page }) {
  const [location] = useLocation();
  const here =
    page.path === '/' ? location === '/' || location.startsWith('/processes/') : location.startsWith(page.path);
  const Icon = page.icon;
  return (
    <li className="max-md:flex-auto">
      <Link
        href={page.path}
        aria-current={here ? 'page' : undefined}
        onPointerEnter={() => void page.preload?.()}
        onFocus={() => void page.preload?.()}
        className="flex items-center rounded-md text-soft transition-colors hover:bg-hover hover:text-text aria-[current=page]:text-text max-md:h-12 max-md:px-0.5 max-md:flex-col max-md:justify-center max-md:gap-0.5 max-md:text-2xs md:h-8 md:gap-2.5 md:px-2 md:font-medium md:aria-[current=page]:bg-hover"
      >
        {Icon && <Icon size={16} strokeWidth={1.9} aria-hidden="true" />}
        {page.title}
      </Link>
    </li>
  );
}
