import { useAnnouncements } from '@/state/announce.ts';

/** Heard, not seen: each transition once, errors at once. */
export function LiveRegion() {
  const { said } = useAnnouncements();
  return (
    <>
      <div aria-live="polite" aria-relevant="additions" data-announcements className="sr-only">
        {said.map(({ id, urgent, text }) => !urgent && <p key={id}>{text}</p>)}
      </div>
      <div aria-live="assertive" aria-relevant="additions" data-alarms className="sr-only">
        {said.map(({ id, urgent, text }) => urgent && <p key={id}>{text}</p>)}
      </div>
    </>
  );
}
