import { useLocation } from 'wouter';
import { NoSuchPlace } from '@/pages/shared/NoSuchPlace.tsx';

export function NotFound() {
  const [location] = useLocation();
  return (
    <NoSuchPlace title="No such page" words={`There is no page ${location}`}>
      The address may be mistyped, or from another version of Signalbox.
    </NoSuchPlace>
  );
}
