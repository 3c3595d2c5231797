import { type ReactNode, useState } from "react";
import { count } from "@/lib/units";
import { CopyButton } from "./controls";
import { Icon } from "./Icon";
import { toast } from "./Toasts";
import "./attributes.css";

export interface Attribute {
  readonly key: string;
  readonly value: string;
}

interface AttributesProps {
  label: string;
  rows: readonly Attribute[];
  /** Narrow the search to rows with this value, or to those without. Leave out where nothing is searched. */
  onFilter?: ((attribute: Attribute, isExclude: boolean) => void) | undefined;
  /** A link in place of the value, such as the trace's. */
  render?: (attribute: Attribute) => ReactNode;
  /** Whether all of them can be copied at once. */
  canCopy?: boolean;
}

const FEW = 8;

/** Keys with values that can be found, filtered by and copied. */
export function Attributes({
  label,
  rows,
  onFilter,
  render,
  canCopy = true,
}: AttributesProps): ReactNode {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = rows.filter(
    ({ key, value }) =>
      wanted === "" || key.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted),
  );
  return (
    <div className="attributes">
      {rows.length > FEW ? (
        <div className="row attributes-bar">
          <input
            className="in"
            type="search"
            aria-label={`Find in ${label}`}
            placeholder={`Find in ${count(rows.length)}`}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          {canCopy ? (
            <CopyButton text={JSON.stringify(asObject(rows), null, 2)} label="Copy JSON" />
          ) : null}
        </div>
      ) : null}
      {rows.length === 0 ? <p className="pad muted">None were sent.</p> : null}
      {rows.length > 0 && shown.length === 0 ? (
        <p className="pad muted">None matches “{text}”.</p>
      ) : null}
      <dl aria-label={label}>
        {shown.map((one) => (
          <div key={one.key}>
            <dt className="mono" title={one.key}>
              {one.key}
            </dt>
            <dd className="mono">
              {render?.(one) ?? (one.value || <span className="faint">empty</span>)}
            </dd>
            <dd className="acts">
              {onFilter ? (
                <>
                  <Act
                    icon="plus"
                    label={`Only ${one.key} ${one.value}`}
                    onPress={() => onFilter(one, false)}
                  />
                  <Act
                    icon="minus"
                    label={`Without ${one.key} ${one.value}`}
                    onPress={() => onFilter(one, true)}
                  />
                </>
              ) : null}
              <Act icon="copy" label={`Copy ${one.key}`} onPress={() => void copy(one.value)} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Act({
  icon,
  label,
  onPress,
}: {
  icon: "plus" | "minus" | "copy";
  label: string;
  onPress: () => void;
}): ReactNode {
  return (
    <button
      type="button"
      aria-label={label.slice(0, 120)}
      title={label.slice(0, 120)}
      onClick={onPress}
    >
      <Icon name={icon} small />
    </button>
  );
}

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text).then(
    () => toast("Copied"),
    () => toast("The browser did not allow copying", { status: "warn" }),
  );
}

const asObject = (rows: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(rows.map(({ key, value }) => [key, value]));
