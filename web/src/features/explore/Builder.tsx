import { type ReactNode, useId } from "react";
import { useMetricSearch } from "@/api/catalogue";
import { useLabelNames, useLabelValues } from "@/api/names";
import { Button } from "@/ui/controls";
import { useDefer } from "@/ui/useDefer";
import { type Form, printForm } from "./promql";

const FUNCTIONS = [
  "rate",
  "increase",
  "irate",
  "delta",
  "deriv",
  "avg_over_time",
  "max_over_time",
  "min_over_time",
  "sum_over_time",
  "count_over_time",
  "last_over_time",
];
const AGGREGATIONS = ["sum", "avg", "max", "min", "count", "stddev"];
const OPERATORS = ["=", "!=", "=~", "!~"];
const RANGES = ["1m", "5m", "15m", "1h", "6h", "1d"];
const TYPING_MS = 150;

interface BuilderProps {
  form: Form;
  projectId: number;
  onChange: (text: string) => void;
  onRun: (text: string) => void;
}

/** A query as a form: metric, filters, function over a range, aggregation. The text follows. */
export function Builder({ form, projectId, onChange, onRun }: BuilderProps): ReactNode {
  const set = (patch: Partial<Form>): void => onChange(printForm({ ...form, ...patch }));
  const labels = useLabelNames(projectId, form.metric);
  return (
    <form
      className="builder"
      onSubmit={(event) => {
        event.preventDefault();
        onRun(printForm(form));
      }}
    >
      <span className="builder-part">
        <Choice
          label="Aggregation"
          value={form.aggregation}
          none="each series"
          options={AGGREGATIONS}
          onChange={(aggregation) => set({ aggregation, by: aggregation === "" ? [] : form.by })}
        />
        {form.aggregation === "" ? null : (
          <By labels={labels} chosen={form.by} onChange={(by) => set({ by })} />
        )}
        <span className="faint s">of</span>
        <Choice
          label="Function"
          value={form.fn}
          none="the value"
          options={FUNCTIONS}
          onChange={(fn) => set({ fn })}
        />
        {form.fn === "" ? null : (
          <Choice
            label="Over the last"
            value={form.range}
            options={RANGES}
            onChange={(range) => set({ range })}
          />
        )}
        <span className="faint s">of</span>
        <MetricField form={form} projectId={projectId} onChange={(metric) => set({ metric })} />
      </span>
      <span className="builder-part">
        {form.filters.map((filter, i) => (
          <FilterFields
            // biome-ignore lint/suspicious/noArrayIndexKey: a filter is its place.
            key={i}
            filter={filter}
            metric={form.metric}
            projectId={projectId}
            labels={labels}
            onChange={(next) =>
              set({ filters: form.filters.map((one, at) => (at === i ? next : one)) })
            }
            onRemove={() => set({ filters: form.filters.filter((_, at) => at !== i) })}
          />
        ))}
        <Button
          small
          icon="plus"
          reason={form.metric === "" ? "Choose a metric first" : undefined}
          onClick={() =>
            set({ filters: [...form.filters, { label: labels[0] ?? "job", op: "=", value: "" }] })
          }
        >
          Filter
        </Button>
      </span>
      <p className="mono faint s builder-text">{printForm(form) || "The query appears here."}</p>
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  none?: string;
  options: readonly string[];
  onChange: (value: string) => void;
}

function Choice({ label, value, none, options, onChange }: ChoiceProps): ReactNode {
  const all = value !== "" && !options.includes(value) ? [value, ...options] : options;
  return (
    <select
      className="in fit"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {none === undefined ? null : <option value="">{none}</option>}
      {all.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  );
}

function By({
  labels,
  chosen,
  onChange,
}: {
  labels: readonly string[];
  chosen: readonly string[];
  onChange: (by: string[]) => void;
}): ReactNode {
  const left = labels.filter((one) => !chosen.includes(one));
  return (
    <>
      <span className="faint s">by</span>
      {chosen.map((one) => (
        <button
          key={one}
          type="button"
          className="tag by"
          title={`Take ${one} away`}
          onClick={() => onChange(chosen.filter((label) => label !== one))}
        >
          {one} <span aria-hidden="true">×</span>
        </button>
      ))}
      <select
        className="in fit"
        aria-label="Add a label to group by"
        value=""
        onChange={(event) => onChange([...chosen, event.target.value])}
      >
        <option value="">label…</option>
        {left.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </>
  );
}

function MetricField({
  form,
  projectId,
  onChange,
}: {
  form: Form;
  projectId: number;
  onChange: (metric: string) => void;
}): ReactNode {
  const id = useId();
  const found = useMetricSearch(projectId, useDefer(form.metric, TYPING_MS));
  return (
    <>
      <input
        className="in mono builder-metric"
        aria-label="Metric"
        placeholder="metric"
        list={id}
        value={form.metric}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={id}>
        {found.state === "ready"
          ? found.data.map((one) => <option key={one.metric} value={one.metric} />)
          : null}
      </datalist>
    </>
  );
}

type Filter = Form["filters"][number];

interface FilterFieldsProps {
  filter: Filter;
  metric: string;
  projectId: number;
  labels: readonly string[];
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}

function FilterFields(props: FilterFieldsProps): ReactNode {
  const { filter, metric, projectId, labels, onChange, onRemove } = props;
  const id = useId();
  const values = useLabelValues(projectId, filter.label, metric);
  return (
    <span className="builder-filter">
      <Choice
        label="Label"
        value={filter.label}
        options={labels}
        onChange={(label) => onChange({ ...filter, label, value: "" })}
      />
      <Choice
        label="Operator"
        value={filter.op}
        options={OPERATORS}
        onChange={(op) => onChange({ ...filter, op })}
      />
      <input
        className="in mono fit"
        aria-label={`Value of ${filter.label}`}
        list={id}
        value={filter.value}
        onChange={(event) => onChange({ ...filter, value: event.target.value })}
      />
      <datalist id={id}>
        {values.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <Button kind="quiet" small icon="close" aria-label="Remove the filter" onClick={onRemove} />
    </span>
  );
}
