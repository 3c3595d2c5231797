import { lazy, type ReactNode, Suspense, useSyncExternalStore } from "react";
import type { Scope } from "@/api/scope";
import { openMenu, openRowMenu, watchMenu } from "@/ui/row-menu";
import { toast } from "@/ui/Toasts";
import { useKeys } from "@/ui/useKeys";

const RowMenuLayer = lazy(() =>
  import("./RowMenuLayer").then((one) => ({ default: one.RowMenuLayer })),
);

/** Whichever row's menu was asked for, by `.` or the pointer; its code comes with the first one. */
export function RowMenu({ scope }: { scope: Scope }): ReactNode {
  const open = useSyncExternalStore(watchMenu, openMenu);
  useKeys({
    ".": () => {
      if (!openRowMenu()) toast("Choose a row first, with J or the pointer");
    },
  });
  if (open === null) return null;
  return (
    <Suspense fallback={null}>
      <RowMenuLayer key={`${open.x} ${open.y} ${open.facts.name}`} open={open} scope={scope} />
    </Suspense>
  );
}
