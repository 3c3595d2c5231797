import { type ReactNode, useSyncExternalStore } from "react";
import { Button } from "./controls";
import { Glyph, type Status } from "./Glyph";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly status: Status | undefined;
  readonly undo: (() => void) | undefined;
}

const UNDO_MS = 10_000;
const PLAIN_MS = 5_000;

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function put(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Says what was done. With `undo` it stays 10 s and offers it; failures stay until they are closed. */
export function toast(text: string, options: { undo?: () => void; status?: Status } = {}): void {
  const id = nextId++;
  put([...toasts.slice(-2), { id, text, status: options.status, undo: options.undo }]);
  if (options.status === "crit") return;
  setTimeout(() => dismiss(id), options.undo ? UNDO_MS : PLAIN_MS);
}

const dismiss = (id: number): void => put(toasts.filter((one) => one.id !== id));

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((one) => (
        <div className="toast" key={one.id}>
          {one.status ? <Glyph status={one.status} /> : null}
          <span className="grow">{one.text}</span>
          {one.undo ? (
            <Button
              small
              onClick={() => {
                one.undo?.();
                dismiss(one.id);
              }}
            >
              Undo
            </Button>
          ) : null}
          <Button
            kind="quiet"
            small
            icon="close"
            aria-label="Dismiss"
            onClick={() => dismiss(one.id)}
          />
        </div>
      ))}
    </div>
  );
}
