/** Menus of what can be done to one issue or many: resolve, ignore, assign, severity. */
import { type ReactNode, Suspense, useState } from "react";
import type { IssueChange } from "@/api/issue-acts";
import type { Scope } from "@/api/scope";
import { useMembers } from "@/api/settings";
import type { Severity } from "@/api/types";
import { SeverityBars } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { Avatar } from "@/ui/Panel";
import { AskDialog, type Asked } from "./AskDialog";
import { SEVERITIES } from "./views";

interface ActMenuProps {
  scope: Scope;
  onChange: (change: IssueChange) => void;
  isSmall?: boolean;
  align?: "start" | "end";
  /** Bump to open the menu by its key. */
  openSignal?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** In what it is resolved; its button stands at the end of the plain Resolve. */
export function ResolveMenu(props: ActMenuProps & { isPrimary?: boolean }): ReactNode {
  const { scope, onChange, isSmall = false, isPrimary = false, align = "end" } = props;
  const [asked, setAsked] = useState<Asked | null>(null);
  const classes = ["btn", "icon", isPrimary && "pri", isSmall && "sm"].filter(Boolean).join(" ");
  return (
    <>
      <Popover
        align={align}
        buttonClass={classes}
        label="Resolve in …"
        button={<Icon name="down" small />}
      >
        {(close) => {
          const choose = (change: IssueChange): void => {
            close();
            onChange(change);
          };
          return (
            <>
              <MenuItem onChoose={() => choose({ resolve: { kind: "now" } })} end="now">
                Resolve
              </MenuItem>
              <MenuItem onChoose={() => choose({ resolve: { kind: "next_release" } })}>
                In the next release
              </MenuItem>
              <MenuItem
                onChoose={() => {
                  close();
                  setAsked("release");
                }}
              >
                In a release …
              </MenuItem>
              <MenuItem
                onChoose={() => {
                  close();
                  setAsked("commit");
                }}
              >
                In a commit …
              </MenuItem>
            </>
          );
        }}
      </Popover>
      {asked === null ? null : (
        <Suspense fallback={null}>
          <AskDialog
            asked={asked}
            scope={scope}
            onClose={() => setAsked(null)}
            onChange={onChange}
          />
        </Suspense>
      )}
    </>
  );
}

const IGNORE: readonly { label: string; change: IssueChange; end?: string }[] = [
  { label: "Until it escalates", change: { ignore: { until_escalating: true } } },
  { label: "For 1 h", change: { ignore: { for_ms: HOUR_MS } } },
  { label: "For 24 h", change: { ignore: { for_ms: DAY_MS } } },
  { label: "For 7 d", change: { ignore: { for_ms: 7 * DAY_MS } } },
  { label: "Until 100 more events", change: { ignore: { events: 100 } } },
  { label: "Until 10 more users", change: { ignore: { users: 10 } } },
  { label: "For ever", change: { ignore: {} }, end: "I" },
];

/** Until what it is ignored. */
export function IgnoreMenu(props: ActMenuProps): ReactNode {
  const { scope, onChange, isSmall = false, align = "start" } = props;
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <>
      <Popover
        align={align}
        buttonClass={isSmall ? "btn sm" : "btn"}
        button={
          <>
            Ignore <Icon name="down" small />
          </>
        }
      >
        {(close) => (
          <>
            {IGNORE.map((one) => (
              <MenuItem
                key={one.label}
                end={one.end}
                onChoose={() => {
                  close();
                  onChange(one.change);
                }}
              >
                {one.label}
              </MenuItem>
            ))}
            <hr />
            <MenuItem
              onChoose={() => {
                close();
                setAsked("ignore");
              }}
            >
              Until …
            </MenuItem>
          </>
        )}
      </Popover>
      {asked === null ? null : (
        <Suspense fallback={null}>
          <AskDialog
            asked={asked}
            scope={scope}
            onClose={() => setAsked(null)}
            onChange={onChange}
          />
        </Suspense>
      )}
    </>
  );
}

/** Who has it. `current`: null is nobody, undefined where many issues differ. */
export function AssignMenu(
  props: ActMenuProps & { current?: string | null | undefined },
): ReactNode {
  const { scope, onChange, current, isSmall = false, align = "end", openSignal } = props;
  const members = useMembers(scope.org.slug);
  const all = members.state === "ready" ? members.data.filter((one) => !one.is_disabled) : [];
  const holder = all.find((one) => one.email === current);
  const name = holder?.name.split(" ")[0] || current?.replace(/@.*/, "");
  return (
    <Popover
      align={align}
      buttonClass={isSmall ? "btn sm" : "btn"}
      {...(openSignal === undefined ? {} : { openSignal })}
      button={
        <>
          {name ? <Avatar name={holder?.name || name} /> : null}
          <span className="trunc">{name ?? "Assign"}</span> <Icon name="down" small />
        </>
      }
    >
      {(close) => {
        const choose = (email: string): void => {
          close();
          onChange({ assignee_email: email });
        };
        return (
          <>
            <MenuItem onChoose={() => choose("me")}>Me</MenuItem>
            {all.map((one) => (
              <MenuItem
                key={one.email}
                chosen={one.email === current}
                onChoose={() => choose(one.email)}
              >
                <Avatar name={one.name || one.email} />
                {one.name || one.email}
              </MenuItem>
            ))}
            <MenuItem chosen={current === null} onChoose={() => choose("")}>
              Nobody
            </MenuItem>
          </>
        );
      }}
    </Popover>
  );
}

/** How bad it is. */
export function SeverityMenu(
  props: ActMenuProps & { current?: Severity | undefined; buttonClass?: string },
): ReactNode {
  const { onChange, current, isSmall = false, align = "start", openSignal } = props;
  return (
    <Popover
      align={align}
      buttonClass={props.buttonClass ?? (isSmall ? "btn sm" : "btn")}
      label={current ? `Severity ${current}` : "Severity"}
      {...(openSignal === undefined ? {} : { openSignal })}
      button={
        <>
          {current ? <SeverityBars severity={current} silent /> : null}
          <span className="cap">{current ?? "Severity"}</span> <Icon name="down" small />
        </>
      }
    >
      {(close) =>
        SEVERITIES.map((severity) => (
          <MenuItem
            key={severity}
            {...(current ? { chosen: severity === current } : {})}
            onChoose={() => {
              close();
              onChange({ severity });
            }}
          >
            <SeverityBars severity={severity} silent />
            {severity}
          </MenuItem>
        ))
      }
    </Popover>
  );
}
