import { useNavigate, useRouter } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { type Scope, spanNow } from "@/api/scope";
import { absolute } from "@/lib/time";
import type { SearchMap } from "@/lib/url-state";
import { MenuItem, moveFocus } from "@/ui/Menu";
import { scopeOnly } from "@/ui/PageLink";
import { type OpenMenu, showMenu } from "@/ui/row-menu";
import { copyText } from "./copying";

interface Act {
  readonly label: string;
  readonly keys?: string | undefined;
  readonly run: () => void;
}

const EDGE = 8;

/** The menu of a row, at the pointer or below the row: open, open beside, narrow the list, copy. */
export function RowMenuLayer({ open, scope }: { open: OpenMenu; scope: Scope }): ReactNode {
  const ref = useRef<HTMLDivElement>(null);
  const groups = useGroups(open, scope);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(EDGE, Math.min(open.x, innerWidth - width - EDGE))}px`;
    const below = open.y + height + EDGE <= innerHeight;
    element.style.top = `${Math.max(EDGE, below ? open.y : open.y - height)}px`;
    element.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
  }, [open]);
  useClosing(ref);
  const close = (): void => {
    showMenu(null);
    open.from?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else moveFocus(event, ref.current);
  };
  return (
    <div
      ref={ref}
      role="menu"
      tabIndex={-1}
      aria-label={open.facts.name}
      className="pop row-menu"
      onKeyDown={onKeyDown}
      onContextMenu={(event) => event.preventDefault()}
    >
      {groups.map((acts, i) => (
        <div key={acts[0]?.label} role="presentation">
          {i > 0 ? <hr /> : null}
          {acts.map((act) => (
            <MenuItem
              key={act.label}
              end={act.keys ? <kbd>{act.keys}</kbd> : undefined}
              onChoose={() => {
                close();
                act.run();
              }}
            >
              <span className="trunc">{act.label}</span>
            </MenuItem>
          ))}
        </div>
      ))}
    </div>
  );
}

/** A press outside closes it, and so does whatever moves the row away from under it. */
function useClosing(ref: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    const outside = (event: Event): void => {
      if (!(event.target instanceof Node && ref.current?.contains(event.target))) showMenu(null);
    };
    const away = (): void => showMenu(null);
    document.addEventListener("pointerdown", outside);
    document.addEventListener("scroll", outside, true);
    addEventListener("resize", away);
    addEventListener("popstate", away);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("scroll", outside, true);
      removeEventListener("resize", away);
      removeEventListener("popstate", away);
    };
  }, [ref]);
}

/** The acts in groups: opening, the row's own, narrowing the list, copying. */
function useGroups({ facts }: OpenMenu, scope: Scope): Act[][] {
  const router = useRouter();
  const navigate = useNavigate();
  const { page, onOpen, onPeek, terms = [], copies = [], acts = [] } = facts;
  const to = `/o/${scope.org.slug}/${page?.to ?? ""}`;
  const search = (old: SearchMap): SearchMap => ({ ...scopeOnly(old), ...page?.search });
  /** The page's address; for others with its range as instants. */
  const address = (isShared: boolean): string =>
    location.origin +
    router.buildLocation({
      to,
      search: (old: SearchMap) => ({
        ...search(old),
        ...(isShared ? absolute(spanNow(scope.range)) : {}),
      }),
    } as never).href;
  const opens: (Act | false)[] = [
    page !== undefined && {
      label: "Open",
      keys: "Enter",
      run: () => void navigate({ to, search }),
    },
    page === undefined && onOpen !== undefined && { label: "Open", keys: "Enter", run: onOpen },
    onPeek !== undefined && { label: "Open beside", keys: "Shift Enter", run: onPeek },
    page !== undefined && {
      label: "Open in a new tab",
      run: () => void window.open(address(false), "_blank", "noopener"),
    },
  ];
  const narrows = terms.flatMap(({ label, onFilter, onExclude }): Act[] => [
    { label: `Filter to ${label}`, run: onFilter },
    ...(onExclude ? [{ label: `Exclude ${label}`, run: onExclude }] : []),
  ]);
  const taken: (Act | false)[] = [
    ...copies.map(
      ({ label, text }): Act => ({
        label: `Copy ${label}`,
        run: () => void copyText(text, `Copied: ${label}`),
      }),
    ),
    page !== undefined && {
      label: "Copy link",
      run: () => void copyText(address(true), "Link copied, with this range as instants"),
    },
  ];
  return [opens, acts, narrows, taken]
    .map((group) => group.filter((act): act is Act => act !== false))
    .filter((group) => group.length > 0);
}
