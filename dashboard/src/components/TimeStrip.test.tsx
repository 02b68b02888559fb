import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it } from 'vitest';
import { TimeStrip } from './TimeStrip.tsx';

afterEach(cleanup);

const TEXTS = ['at three', 'at four', 'at five'];

it('is gone through by keys, and tells what was so', async () => {
  render(
    <TimeStrip label="Last hours" count={TEXTS.length} textOf={(at) => TEXTS[at] ?? ''}>
      {(chosen) => <span data-testid="chosen">{chosen ?? 'none'}</span>}
    </TimeStrip>,
  );
  const strip = screen.getByRole('slider', { name: 'Last hours' });
  const says = (value: string, text: string, chosen: string) => {
    expect(strip.getAttribute('aria-valuenow')).toBe(value);
    expect(strip.getAttribute('aria-valuetext')).toBe(text);
    expect(screen.getByTestId('chosen').textContent).toBe(chosen);
  };
  says('0', 'at five', 'none');
  await userEvent.tab();
  says('0', 'at five', '2');
  await userEvent.keyboard('{ArrowLeft}');
  says('-1', 'at four', '1');
  expect(screen.getByText('at four')).toBeTruthy();
  await userEvent.keyboard('{Home}{ArrowLeft}');
  says('-2', 'at three', '0');
  await userEvent.keyboard('{PageUp}');
  says('0', 'at five', '2');
  await userEvent.tab();
  says('0', 'at five', 'none');
});
