import type { ReactNode } from "react";
import { type LogFacet, type LogFilter, useLogFacets } from "@/api/logs";
import { type Scope, useSearchState } from "@/api/scope";
import { REFUSED_SEARCH } from "@/lib/search-terms";
import { compact, count } from "@/lib/units";
import { Async, SkeletonRows } from "@/ui/Async";
import { Icon } from "@/ui/Icon";
import { MenuItem, Popover } from "@/ui/Menu";
import { headOf } from "./columns";
import { hasTerm, termOf } from "./terms";

interface FacetsProps {
  scope: Scope;
  filter: LogFilter;
  q: string;
  onTerm: (term: string) => void;
}

const USUAL = ["service", "environment", "host", "release", "source"];
const MOST_ATTRIBUTES = 30;

/** The commonest values of fields; press one to see only its lines, or to leave them out. */
export function Facets({ scope, filter, q, onTerm }: FacetsProps): ReactNode {
  const [search, change] = useSearchState();
  const more = (search.facets ?? "").split(",").filter(Boolean);
  const { value } = useLogFacets(scope.project.id, filter, [...USUAL, ...more]);
  return (
    <aside className="panel open log-facets only-l" aria-label="Values">
      <Async
        value={value}
        empty={null}
        quiet={REFUSED_SEARCH}
        skeleton={<SkeletonRows rows={14} height={26} />}
      >
        {(data) => (
          <>
            {data.facets
              .filter((facet) => facet.values.length > 0 && !isBlank(facet))
              .map((facet) => (
                <Facet key={facet.field} facet={facet} q={q} onTerm={onTerm} />
              ))}
            {data.facets.every((facet) => facet.values.length === 0 || isBlank(facet)) ? (
              <p className="pad muted s">No values in these lines.</p>
            ) : null}
            {data.attributes.length > 0 ? (
              <div className="facet-more">
                <Popover
                  buttonClass="btn sm"
                  button={
                    <>
                      Attribute <Icon name="plus" small />
                    </>
                  }
                >
                  {(close) =>
                    data.attributes.slice(0, MOST_ATTRIBUTES).map((key) => (
                      <MenuItem
                        key={key}
                        chosen={more.includes(`attr.${key}`)}
                        onChoose={() => {
                          close();
                          const field = `attr.${key}`;
                          const next = more.includes(field)
                            ? more.filter((one) => one !== field)
                            : [...more, field];
                          change({ facets: next.join(",") || undefined }, true);
                        }}
                      >
                        <span className="mono">{key}</span>
                      </MenuItem>
                    ))
                  }
                </Popover>
              </div>
            ) : null}
          </>
        )}
      </Async>
    </aside>
  );
}

/** Nothing but lines without the field. */
const isBlank = (facet: LogFacet): boolean => facet.values.every((one) => one.value === "");

function Facet({
  facet,
  q,
  onTerm,
}: {
  facet: LogFacet;
  q: string;
  onTerm: (term: string) => void;
}): ReactNode {
  return (
    <section className="facet-group" aria-label={headOf(facet.field)}>
      <h3 className="s">
        {headOf(facet.field)}
        {facet.is_exact ? null : (
          <span
            className="faint xs"
            title={`Of ${count(facet.counted)} lines in a sample all over the range`}
          >
            1 in {compact(Math.round(facet.sampled_one_in))}
          </span>
        )}
      </h3>
      <ul>
        {facet.values.map(({ value, count: lines, ratio }) => {
          const term = termOf(facet.field, value);
          const isOn = hasTerm(q, term);
          return (
            <li key={value} className={isOn ? "on" : undefined}>
              <button
                type="button"
                className="facet-value"
                aria-pressed={isOn}
                title={isOn ? `Do not narrow to ${value}` : `Only ${value || "lines without"}`}
                onClick={() => onTerm(term)}
              >
                <i style={{ width: `${Math.min(1, ratio) * 100}%` }} aria-hidden="true" />
                <span className="trunc">{value || "none"}</span>
                <span className="faint s" title={count(lines)}>
                  {compact(lines)}
                </span>
              </button>
              <button
                type="button"
                className="facet-not"
                aria-label={`Without ${value || "lines without it"}`}
                title={`Without ${value || "lines without it"}`}
                onClick={() => onTerm(term.startsWith("-") ? term.slice(1) : `-${term}`)}
              >
                <Icon name="minus" small />
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
