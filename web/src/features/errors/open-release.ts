import { useNavigate } from "@tanstack/react-router";
import type { Scope } from "@/api/scope";
import type { SearchMap } from "@/lib/url-state";
import { scopeOnly } from "@/ui/PageLink";

/** Goes to a release: what the diamonds of charts do. */
export function useOpenRelease({ org }: Scope): (version: string) => void {
  const navigate = useNavigate();
  return (version) =>
    void navigate({
      to: `/o/${org.slug}/errors/releases`,
      search: (old: SearchMap) => ({ ...scopeOnly(old), version }),
    });
}
