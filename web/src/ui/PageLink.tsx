import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { SCOPE_KEYS, type SearchMap } from "@/lib/url-state";

interface PageLinkProps {
  /** Below `/o/{org}/`: `errors/WEB-318`. */
  to: string;
  search?: SearchMap;
  className?: string;
  title?: string;
  "aria-label"?: string;
  "aria-current"?: "page" | undefined;
  onClick?: () => void;
  children: ReactNode;
}

/** A link to a page of this organisation. The scope (project, range, zone, …) goes along. */
export function PageLink({ to, search, children, ...rest }: PageLinkProps): ReactNode {
  const { org } = useParams({ strict: false }) as { org?: string };
  return (
    <Link
      {...rest}
      to={`/o/${org ?? ""}/${to}`}
      search={(old: SearchMap) => ({ ...scopeOnly(old), ...search })}
      preload="intent"
      // A page below this one is another page: what is current is said by whoever lists the links.
      activeOptions={{ exact: true, includeSearch: false }}
    >
      {children}
    </Link>
  );
}

/** Of a page's parameters those that travel to the next page. */
export function scopeOnly(search: SearchMap): SearchMap {
  const kept: Record<string, string> = {};
  for (const key of SCOPE_KEYS) if (search[key] !== undefined) kept[key] = search[key];
  return kept;
}
