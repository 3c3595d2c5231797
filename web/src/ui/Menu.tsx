import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { toast } from "./Toasts";

interface PopoverProps {
  /** What stands on the button. */
  button: ReactNode;
  /** Name for screen readers where the button's content does not say it. */
  label?: string;
  buttonClass?: string;
  align?: "start" | "end";
  /** `menu` for lists of `MenuItem`, `dialog` for anything else. */
  kind?: "menu" | "dialog";
  /** Why it cannot be opened; shown as tooltip and read out. */
  reason?: string | undefined;
  /** Bump to open it from elsewhere (a keyboard shortcut). */
  openSignal?: number;
  children: (close: () => void) => ReactNode;
}

/** A button with a floating layer. Closes on Escape, on choice, on a press outside; gives focus back. */
export function Popover(props: PopoverProps): ReactNode {
  const {
    button,
    label,
    buttonClass = "ctl",
    align = "start",
    kind = "menu",
    reason,
    openSignal,
    children,
  } = props;
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const id = useId();
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  const refusal = useRef(reason);
  refusal.current = reason;
  useEffect(() => {
    if (!openSignal) return;
    if (refusal.current === undefined) setOpen(true);
    else toast(refusal.current);
  }, [openSignal]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    root.current
      ?.querySelector<HTMLElement>("[data-autofocus], [role^=menuitem], .pop input, .pop button")
      ?.focus();
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (kind === "menu") {
      moveFocus(event, root.current);
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the menu inside bubble up to here.
    <span className="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        className={buttonClass}
        aria-haspopup={kind}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        aria-disabled={reason !== undefined || undefined}
        title={reason}
        onClick={() => (reason === undefined ? setOpen(!open) : undefined)}
      >
        {button}
      </button>
      {open ? (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role is `menu` or `dialog`; both take a label.
        <div id={id} role={kind} aria-label={label} className={align === "end" ? "pop end" : "pop"}>
          {children(close)}
        </div>
      ) : null}
    </span>
  );
}

/** Arrows, Home, End and first letters among the items of a menu. */
export function moveFocus(event: KeyboardEvent, root: HTMLElement | null): void {
  const items = [...(root?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const goal =
    { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key] ??
    startingWith(event, items, at);
  if (goal === undefined || items.length === 0) return;
  event.preventDefault();
  items[(goal + items.length) % items.length]?.focus();
}

/** The next item that begins with the letter that was pressed. */
function startingWith(
  { key, ctrlKey, metaKey, altKey }: KeyboardEvent,
  items: readonly HTMLElement[],
  at: number,
): number | undefined {
  if (key.length !== 1 || key === " " || ctrlKey || metaKey || altKey) return undefined;
  const order = items.map((_, i) => (at + 1 + i) % items.length);
  return order.find((i) => items[i]?.textContent?.toLowerCase().startsWith(key.toLowerCase()));
}

interface MenuItemProps {
  onChoose: () => void;
  chosen?: boolean;
  end?: ReactNode;
  children: ReactNode;
}

export function MenuItem({ onChoose, chosen, end, children }: MenuItemProps): ReactNode {
  const inner = (
    <>
      {children}
      {end ? <span className="end s">{end}</span> : null}
    </>
  );
  return chosen === undefined ? (
    <button type="button" role="menuitem" tabIndex={-1} onClick={onChoose}>
      {inner}
    </button>
  ) : (
    <button
      type="button"
      role="menuitemradio"
      aria-checked={chosen}
      tabIndex={-1}
      onClick={onChoose}
    >
      {inner}
    </button>
  );
}
