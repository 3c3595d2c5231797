import { type ReactNode, Suspense, useState } from "react";
import { type KeptSearch, useKeptSearches } from "@/api/issue-search";
import { type Scope, useSearchState } from "@/api/scope";
import type { SearchMap } from "@/lib/url-state";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { SearchDialogs } from "./lazily";
import { ALL } from "./views";

interface KeptSearchesProps {
  scope: Scope;
  search: SearchMap;
}

/** A kept search as the address says it: whole, in the view that adds nothing. */
export const addressOf = (kept: KeptSearch): Record<string, string | undefined> => ({
  tab: ALL,
  q: kept.query || undefined,
  sort: kept.sort === "last_seen" ? undefined : kept.sort,
  severity: undefined,
  sel: undefined,
});

/** Searches that were kept: the person's own and those of the project. */
export function KeptSearches({ scope, search }: KeptSearchesProps): ReactNode {
  const [, change] = useSearchState();
  const searches = useKeptSearches(scope.project.id);
  const all = searches.state === "ready" ? searches.data.searches : [];
  const [dialog, setDialog] = useState<"keep" | "manage" | null>(null);
  return (
    <>
      <Popover
        button={
          <>
            Saved <Icon name="down" small />
          </>
        }
      >
        {(close) => (
          <>
            {all.map((one) => (
              <MenuItem
                key={one.id}
                end={endOf(one)}
                onChoose={() => {
                  close();
                  change(addressOf(one));
                }}
              >
                {one.name}
              </MenuItem>
            ))}
            {all.length > 0 ? <hr /> : null}
            <MenuItem
              onChoose={() => {
                close();
                setDialog("keep");
              }}
            >
              Save this search …
            </MenuItem>
            {all.length > 0 ? (
              <MenuItem
                onChoose={() => {
                  close();
                  setDialog("manage");
                }}
              >
                Change saved searches …
              </MenuItem>
            ) : null}
          </>
        )}
      </Popover>
      {dialog === null ? null : (
        <Suspense fallback={null}>
          <SearchDialogs
            scope={scope}
            search={search}
            searches={all}
            open={dialog}
            onClose={() => setDialog(null)}
          />
        </Suspense>
      )}
    </>
  );
}

const endOf = ({ is_shared, is_default }: KeptSearch): string =>
  [is_default ? "default" : "", is_shared ? "shared" : ""].filter(Boolean).join(", ");
