import {
  type ButtonHTMLAttributes,
  type InputHTMLAttributes,
  type ReactNode,
  type TextareaHTMLAttributes,
  useId,
  useState,
} from "react";
import { Glyph } from "./Glyph";
import { Icon, type IconName } from "./Icon";

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "plain" | "primary" | "danger" | "quiet";
  small?: boolean;
  icon?: IconName;
  /** Why it cannot be pressed now. It stays focusable, so that the reason can be read. */
  reason?: string | undefined;
  busy?: boolean;
}

const KINDS = { plain: "btn", primary: "btn pri", danger: "btn dng", quiet: "btn quiet" };

export function Button({
  kind = "plain",
  small,
  icon,
  reason,
  busy,
  children,
  className,
  onClick,
  ...rest
}: ButtonProps): ReactNode {
  const off = reason !== undefined || busy === true;
  const classes = [KINDS[kind], small && "sm", icon && !children && "icon", className]
    .filter(Boolean)
    .join(" ");
  return (
    <button
      type="button"
      {...rest}
      className={classes}
      aria-disabled={off || undefined}
      title={reason ?? rest.title}
      onClick={off ? (event) => event.preventDefault() : onClick}
    >
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  children: (ids: {
    id: string;
    "aria-describedby": string;
    "aria-invalid": boolean | undefined;
  }) => ReactNode;
}

/** A label, its control, and what is wrong with it, tied together for screen readers. */
export function Field({ label, hint, error, children }: FieldProps): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": `${id}-note`, "aria-invalid": error ? true : undefined })}
      <span id={`${id}-note`}>
        {error ? (
          <span className="bad">
            <Glyph status="crit" label="" />
            {error}
          </span>
        ) : hint ? (
          <span className="hint">{hint}</span>
        ) : null}
      </span>
    </div>
  );
}

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  value: string;
  onChange: (value: string) => void;
}

export function TextField({ label, hint, error, onChange, ...rest }: TextFieldProps): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <input
          {...rest}
          {...ids}
          className="in"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface SelectFieldProps {
  label: string;
  hint?: ReactNode;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

export function SelectField({
  label,
  hint,
  value,
  options,
  onChange,
}: SelectFieldProps): ReactNode {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <select
          {...ids}
          className="in"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CodeFieldProps
  extends Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onChange" | "value"> {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  value: string;
  onChange: (value: string) => void;
}

/** A multi-line field in monospace, for YAML and the like. */
export function CodeField({ label, hint, error, onChange, ...rest }: CodeFieldProps): ReactNode {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <textarea
          spellCheck={false}
          {...rest}
          {...ids}
          className="in"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

export function Checkbox({
  label,
  checked,
  onChange,
}: {
  label: ReactNode;
  checked: boolean;
  onChange: (on: boolean) => void;
}): ReactNode {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

interface SwitchProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

/** A few alternatives side by side, all visible. */
export function Switch<T extends string>({
  label,
  value,
  options,
  onChange,
}: SwitchProps<T>): ReactNode {
  return (
    <fieldset className="sw" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

/** Copies `text` and says so in place for two seconds. */
export function CopyButton({
  text,
  label = "Copy",
  small = true,
}: {
  text: string;
  label?: string;
  small?: boolean;
}): ReactNode {
  const [said, setSaid] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid(done ? "Copied" : "Select and copy");
    setTimeout(() => setSaid(null), 2000);
  };
  return (
    <button type="button" className={small ? "btn sm" : "btn"} onClick={copy}>
      <Icon name={said === "Copied" ? "check" : "copy"} small />
      <span aria-live="polite">{said ?? label}</span>
    </button>
  );
}
