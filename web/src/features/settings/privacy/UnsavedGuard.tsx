import { useBlocker } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Confirm } from "@/ui/Dialog";

/** Asks before a page with unsaved changes is left, also by closing the tab. */
export function UnsavedGuard({ when, what }: { when: boolean; what: string }): ReactNode {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      when && (current.pathname !== next.pathname || projectOf(current) !== projectOf(next)),
    enableBeforeUnload: when,
    withResolver: true,
  });
  return (
    <Confirm
      title="Leave without saving?"
      consequence={<p>Changes to {what} are not saved yet. They are lost if you leave.</p>}
      verb="Leave without saving"
      open={status === "blocked"}
      onClose={() => reset?.()}
      onConfirm={() => proceed?.()}
    />
  );
}

const projectOf = ({ search }: { search: unknown }): unknown =>
  (search as { project?: string }).project;
