import { PageHeader } from '@/components/PageHeader.tsx';
import { AppearanceSection } from './AppearanceSection.tsx';
import { CredentialsSection } from './CredentialsSection.tsx';
import { FallbackSection } from './FallbackSection.tsx';
import { RequestLogSection } from './RequestLogSection.tsx';
import { RoutingSection } from './RoutingSection.tsx';
import { ServerSection } from './ServerSection.tsx';
import { TimeoutsSection } from './TimeoutsSection.tsx';

export function SettingsPage() {
  return (
    <>
      <PageHeader title="Settings" />
      <div className="flex flex-col gap-4">
        <CredentialsSection />
        <RoutingSection />
        <FallbackSection />
        <TimeoutsSection />
        <RequestLogSection />
        <AppearanceSection />
        <ServerSection />
      </div>
    </>
  );
}
