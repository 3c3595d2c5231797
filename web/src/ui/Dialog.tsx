import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "./controls";

interface DialogProps {
  title: string;
  open: boolean;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}

/** A modal by the browser's own `dialog`: it traps focus, closes on Escape and gives focus back. */
export function Dialog({ title, open, onClose, wide = false, children }: DialogProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = ref.current;
    if (open && element && !element.open) element.showModal();
  }, [open]);
  if (!open) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it already; this is the press outside.
    <dialog
      ref={ref}
      className={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => (event.target === ref.current ? ref.current?.close() : undefined)}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <Button kind="quiet" icon="close" aria-label="Close" onClick={() => ref.current?.close()} />
      </header>
      <div className="body">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** Names the thing and counts what goes with it. */
  consequence: ReactNode;
  verb: string;
  busy?: boolean;
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** For acts that cannot be undone; whatever can is done at once, with Undo in a toast. */
export function Confirm({
  title,
  consequence,
  verb,
  busy = false,
  open,
  onClose,
  onConfirm,
}: ConfirmProps): ReactNode {
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <div>{consequence}</div>
      <div className="foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" busy={busy} onClick={onConfirm}>
          {verb}
        </Button>
      </div>
    </Dialog>
  );
}
