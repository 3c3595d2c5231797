import { useParams } from "@tanstack/react-router";
import type { ComponentType, ReactNode } from "react";
import { type Scope, useScope } from "@/api/scope";
import { PageLink } from "@/ui/PageLink";
import { AuditSection } from "./AuditSection";
import { ChannelsSection } from "./ChannelsSection";
import { ErrorsSection } from "./ErrorsSection";
import { KeysSection } from "./KeysSection";
import { MembersSection } from "./MembersSection";
import { ProjectSection } from "./ProjectSection";
import { PrivacySection } from "./privacy/PrivacySection";
import { ScrapingSection } from "./ScrapingSection";
import { SourcesSection } from "./SourcesSection";
import { SECTIONS, type Section, type SectionId, sectionOf } from "./sections";
import "./settings.css";
import { TokensSection } from "./TokensSection";

const COMPONENTS: Record<SectionId, ComponentType<{ scope: Scope }>> = {
  project: ProjectSection,
  sources: SourcesSection,
  keys: KeysSection,
  errors: ErrorsSection,
  scraping: ScrapingSection,
  privacy: PrivacySection,
  channels: ChannelsSection,
  members: MembersSection,
  tokens: TokensSection,
  audit: AuditSection,
};

export function SettingsPage(): ReactNode {
  const scope = useScope();
  const { section: asked = "" } = useParams({ strict: false }) as { section?: string };
  const section = sectionOf(asked);
  const Body = COMPONENTS[section.id];
  return (
    <div className="page settings">
      <nav aria-label="Settings">
        <Group title={scope.project.name} of="project" current={section.id} />
        <Group title={scope.org.name} of="organisation" current={section.id} />
      </nav>
      <div className="stack">
        <Body key={`${section.id} ${scope.project.id}`} scope={scope} />
      </div>
    </div>
  );
}

function Group({
  title,
  of,
  current,
}: {
  title: string;
  of: Section["of"];
  current: SectionId;
}): ReactNode {
  return (
    <>
      <p className="faint xs group">{title}</p>
      <ul>
        {SECTIONS.filter((one) => one.of === of).map((one) => (
          <li key={one.id}>
            <PageLink
              to={`settings/${one.id}`}
              aria-current={one.id === current ? "page" : undefined}
            >
              {one.label}
            </PageLink>
          </li>
        ))}
      </ul>
    </>
  );
}
