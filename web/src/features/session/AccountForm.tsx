import { type FormEvent, type ReactNode, useState } from "react";
import { ApiError } from "@/api/client";
import { useFirstRun } from "@/api/session";
import type { FirstRunAnswers } from "@/api/types";
import { browserZone } from "@/lib/preferences";
import { Button, SelectField, TextField } from "@/ui/controls";
import { Glyph } from "@/ui/Glyph";
import { Frame } from "./Frame";

type Answers = Omit<FirstRunAnswers, "token" | "timezone"> & { timezone: string };

const LEAST_PASSWORD = 10;
const ACCOUNT_FIELDS = ["name", "email", "password", "token"];

const zones = (): { value: string; label: string }[] =>
  ["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => ({ value: zone, label: zone }));

/** Steps 1 and 2: who you are, then the first project. Sent together. */
export function AccountForm({ token }: { token: string }): ReactNode {
  const [step, setStep] = useState<1 | 2>(1);
  const [answers, setAnswers] = useState<Answers>({
    name: "",
    email: "",
    password: "",
    organisation: "",
    project: "",
    timezone: browserZone(),
  });
  const firstRun = useFirstRun();
  const change =
    (field: keyof Answers) =>
    (value: string): void =>
      setAnswers((old) => ({ ...old, [field]: value }));
  const errorOf = (field: string): string | null =>
    firstRun.error instanceof ApiError && firstRun.error.field === field
      ? firstRun.error.message
      : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (step === 1) {
      setStep(2);
      return;
    }
    firstRun.mutate(
      { ...answers, token },
      {
        onError: (error) => {
          if (error instanceof ApiError && ACCOUNT_FIELDS.includes(error.field ?? "")) setStep(1);
        },
      },
    );
  };
  return (
    <Frame step={step} title={step === 1 ? "Your account" : "Your first project"}>
      <form className="stack" onSubmit={submit} key={step}>
        {step === 1 ? (
          <>
            <TextField
              label="Name"
              required
              autoFocus
              autoComplete="name"
              value={answers.name}
              error={errorOf("name")}
              onChange={change("name")}
            />
            <TextField
              label="Email"
              type="email"
              required
              autoComplete="username"
              value={answers.email}
              error={errorOf("email")}
              onChange={change("email")}
            />
            <TextField
              label="Password"
              type="password"
              required
              minLength={LEAST_PASSWORD}
              autoComplete="new-password"
              hint={`At least ${LEAST_PASSWORD} characters`}
              value={answers.password}
              error={errorOf("password")}
              onChange={change("password")}
            />
          </>
        ) : (
          <>
            <TextField
              label="Organisation"
              required
              autoFocus
              autoComplete="organization"
              hint="Your team or company"
              value={answers.organisation}
              error={errorOf("organisation")}
              onChange={change("organisation")}
            />
            <TextField
              label="Project"
              required
              hint="One product with its services; environments live inside it"
              value={answers.project}
              error={errorOf("project")}
              onChange={change("project")}
            />
            <SelectField
              label="Time zone"
              hint="For reports and on-call hand-overs"
              value={answers.timezone}
              options={zones()}
              onChange={change("timezone")}
            />
          </>
        )}
        <General error={firstRun.error} />
        <span className="row">
          <Button type="submit" kind="primary" busy={firstRun.isPending}>
            {step === 1 ? "Continue" : "Create account and project"}
          </Button>
          {step === 2 ? <Button onClick={() => setStep(1)}>Back</Button> : null}
        </span>
      </form>
    </Frame>
  );
}

/** An error that belongs to no field. */
function General({ error }: { error: Error | null }): ReactNode {
  if (error === null || (error instanceof ApiError && error.field !== null)) return null;
  return (
    <p className="row crit" role="alert">
      <Glyph status="crit" label="" />
      {error.message}
    </p>
  );
}
