// Numbers as people read them.

/** `3 min 12 s`: the two largest units. */
export function durationOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
}

/** `84 ms`, `1.2 s`, `<1 ms`: nothing takes no time. */
export function millisOf(ms: number): string {
  if (ms < 1) return '<1 ms';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `84 MB`. */
export function bytesOf(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.round(bytes / 1e3)} kB`;
}

/** A share of one core: `0.3 %`. */
export function shareOf(share: number): string {
  const percent = share * 100;
  return `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

const HOUR = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const CLOCK = new Intl.DateTimeFormat(undefined, HOUR);
const CLOCK_SECONDS = new Intl.DateTimeFormat(undefined, { ...HOUR, second: '2-digit' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** `14:03` */
export const clockOf = (time: number) => CLOCK.format(time);
/** `14:03:07` */
export const clockSecondsOf = (time: number) => CLOCK_SECONDS.format(time);
/** The day and the time to the second. */
export const dateOf = (time: number) => `${DATE.format(time)}, ${clockSecondsOf(time)}`;
/** Whether it is the same day here. */
export const isSameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString();
