import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Icon } from "./Icon";
import "./query-field.css";

export interface Suggestion {
  readonly label: string;
  /** What is put into the text in place of `Offers.from`–`to`. */
  readonly insert: string;
  /** Quiet, at the right: what it is. */
  readonly note?: string;
}

/** What may stand at the cursor, and which text it was asked for: older answers are not shown. */
export interface Offers {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly options: readonly Suggestion[];
}

/** What is being typed, and where the cursor stands in it. */
export interface Typing {
  readonly text: string;
  readonly cursor: number;
}

export interface QueryProblem {
  readonly message: string;
  /** Where in the text, in UTF-16 units; null if nowhere in particular. */
  readonly at: number | null;
}

interface QueryFieldProps {
  label: string;
  placeholder: string;
  /** The query that is in force. */
  value: string;
  onRun: (text: string) => void;
  /** Told at each change, so that `offers` can be found. */
  onTyping: (typing: Typing) => void;
  offers: Offers | null;
  /** Queries run before, newest first; offered while the field is empty. */
  history: readonly string[];
  problem: QueryProblem | null;
}

/** A search language in one line: completion of the word at the cursor, history, errors in place. */
export function QueryField(props: QueryFieldProps): ReactNode {
  const { label, placeholder, value, problem } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  useEffect(() => setText(value), [value]);
  const offered = offersOf(text, props);
  const shown = isOpen && offered.length > 0;

  const tell = (next: string, cursor: number): void => {
    props.onTyping({ text: next, cursor });
    setAt(-1);
    setOpen(true);
  };
  const take = (offer: Suggestion): void => {
    if (text === "") {
      setText(offer.insert);
      setOpen(false);
      props.onRun(offer.insert);
      return;
    }
    const next = put(text, props.offers, offer.insert);
    setText(next.text);
    setAt(-1);
    // The cursor is set once React has written the text.
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(next.cursor, next.cursor);
      props.onTyping(next);
      setOpen(!next.text.slice(0, next.cursor).endsWith(" "));
    });
  };
  const run = (): void => {
    setOpen(false);
    props.onRun(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const offer = shown ? offered[at] : undefined;
    if (event.key === "Enter" || (event.key === "Tab" && offer)) {
      event.preventDefault();
      if (offer) take(offer);
      else run();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (shown) setOpen(false);
      else input.current?.blur();
    } else if (step !== undefined && offered.length > 0) {
      event.preventDefault();
      setOpen(true);
      setAt(
        (old) => (old + step + offered.length + (old < 0 && step < 0 ? 1 : 0)) % offered.length,
      );
    }
  };
  return (
    <div className="query-field">
      <Icon name="find" />
      <input
        ref={input}
        data-filter
        className="in mono"
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && at >= 0 ? `${id}-${at}` : undefined}
        aria-invalid={problem !== null || undefined}
        aria-describedby={`${id}-note`}
        placeholder={placeholder}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={text}
        onFocus={(event) => {
          props.onTyping({ text, cursor: event.target.selectionStart ?? text.length });
          setAt(-1);
        }}
        onClick={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          setText(event.target.value);
          tell(event.target.value, event.target.selectionStart ?? event.target.value.length);
        }}
        onKeyDown={onKeyDown}
      />
      {text === "" ? (
        <kbd className="only-l">/</kbd>
      ) : (
        <button
          type="button"
          className="query-clear"
          aria-label="Clear the search"
          onClick={() => {
            setText("");
            props.onRun("");
            input.current?.focus();
          }}
        >
          <Icon name="close" small />
        </button>
      )}
      <div
        id={`${id}-list`}
        className={shown ? "query-list" : "query-list off"}
        role="listbox"
        aria-label="Completions"
      >
        {shown
          ? offered.map((offer, i) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus; aria-activedescendant names the option.
              // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field takes it.
              <div
                key={offer.label}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === at}
                ref={i === at ? (one) => one?.scrollIntoView({ block: "nearest" }) : undefined}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => take(offer)}
              >
                <span className="mono trunc">{offer.label}</span>
                {offer.note ? <span className="faint s nowrap">{offer.note}</span> : null}
              </div>
            ))
          : null}
      </div>
      <span id={`${id}-note`} className={problem ? "query-problem crit s" : "sr"}>
        {problem ? <Where text={value} problem={problem} /> : "Enter runs it"}
      </span>
    </div>
  );
}

const MOST = 12;

function offersOf(
  text: string,
  { offers, history }: Pick<QueryFieldProps, "offers" | "history">,
): readonly Suggestion[] {
  if (text === "")
    return history.slice(0, MOST).map((one) => ({ label: one, insert: one, note: "before" }));
  return offers?.text === text ? offers.options.slice(0, MOST) : [];
}

/** What is wrong, and the text at that place. */
function Where({ text, problem }: { text: string; problem: QueryProblem }): ReactNode {
  const { at, message } = problem;
  if (at === null || at >= text.length) return message;
  return (
    <>
      {message.replace(/\.$/, "")}
      <span className="faint">, at </span>
      <span className="mono">
        {text.slice(Math.max(0, at - 12), at)}
        <u>{text.slice(at, at + 1)}</u>
        {text.slice(at + 1, at + 16)}
      </span>
    </>
  );
}

export interface Word {
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

/** The word at the cursor: from the last blank outside quotes to the next one. */
export function wordAt(text: string, cursor: number): Word {
  let from = 0;
  let isQuoted = false;
  for (let i = 0; i < cursor; i += 1) {
    if (text[i] === '"') isQuoted = !isQuoted;
    if (!isQuoted && /[\s(]/.test(text[i] ?? "")) from = i + 1;
  }
  let to = cursor;
  while (to < text.length && !/[\s)]/.test(text[to] ?? "")) to += 1;
  const minus = /[-!]/.test(text[from] ?? "") ? 1 : 0;
  return { word: text.slice(from + minus, cursor), from: from + minus, to };
}

/** The text with a stretch of it replaced; a finished word is followed by a blank. */
export function put(
  text: string,
  stretch: { from: number; to: number } | null,
  insert: string,
): Typing {
  const { from, to } = stretch ?? { from: text.length, to: text.length };
  const rest = text.slice(to);
  const isOpen = /[:<>=(]$/.test(insert) || rest.startsWith(" ");
  const written = isOpen ? insert : `${insert} `;
  return { text: text.slice(0, from) + written + rest, cursor: from + written.length };
}
