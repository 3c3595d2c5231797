import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useLive } from "@/api/live";
import { useSetup, useTestError } from "@/api/projects";
import { toFailure } from "@/api/queries";
import { useSearchState } from "@/api/scope";
import { useSaveScrapeConfig, useScrapeConfig } from "@/api/settings";
import type { Organisation, Project, Setup } from "@/api/types";
import { browserZone } from "@/lib/preferences";
import { plainLines, SOURCES, type Source } from "@/lib/snippets";
import { Async } from "@/ui/Async";
import { Button } from "@/ui/controls";
import { Arrivals } from "@/ui/FirstRecord";
import { Glyph } from "@/ui/Glyph";
import { Icon } from "@/ui/Icon";
import { Snippet } from "@/ui/Snippet";
import { toast } from "@/ui/Toasts";
import { YamlEditor } from "@/ui/YamlEditor";
import { Frame } from "./Frame";

interface ConnectStepsProps {
  org: Organisation;
  project: Project;
}

/** Steps 3 to 5: what you have, the lines to add, and the first record as it arrives. */
export function ConnectSteps({ org, project }: ConnectStepsProps): ReactNode {
  useLive(project.id, true);
  const told = useSetup(project.id);
  // Asked for at once, so that what stands below the configuration has its place from the start.
  const config = useScrapeConfig(project.id);
  const setup = config.state === "loading" ? config : told;
  const [search, change] = useSearchState();
  const source = SOURCES.find((one) => one.id === search.source);
  const isDone = setup.state === "ready" && setup.data.seen.length > 0;
  const step = isDone ? 6 : source === undefined ? 3 : 5;
  return (
    <Frame step={step} title={source === undefined ? "What do you have?" : source.label} wide>
      {source === undefined ? (
        <Choices onChoose={(id) => change({ source: id, token: undefined })} />
      ) : null}
      {source ? (
        <Async value={setup} empty={null} minHeight={240}>
          {(data) => <Lines org={org} source={source} setup={data} project={project} />}
        </Async>
      ) : null}
      {isDone ? <Arrived org={org} setup={setup.data} /> : null}
      {source !== undefined && setup.state === "loading" ? null : (
        <Ways org={org} project={project} isDone={isDone} isChosen={source !== undefined} />
      )}
    </Frame>
  );
}

interface WaysProps extends ConnectStepsProps {
  isDone: boolean;
  isChosen: boolean;
}

/** Where one can go from here. */
function Ways({ org, project, isDone, isChosen }: WaysProps): ReactNode {
  const [, change] = useSearchState();
  return (
    <span className="row wrap">
      {isChosen ? (
        <Button onClick={() => change({ source: undefined })}>Something else</Button>
      ) : null}
      {isDone ? null : <TestError projectId={project.id} />}
      <span className="grow" />
      <Link to={`/o/${org.slug}/home`} className={isDone ? "btn pri" : "btn"}>
        {isDone ? "Go to Home" : "Later"}
      </Link>
    </span>
  );
}

function Choices({ onChoose }: { onChoose: (id: Source["id"]) => void }): ReactNode {
  return (
    <ul className="choices">
      {SOURCES.map((one) => (
        <li key={one.id}>
          <button type="button" onClick={() => onChoose(one.id)}>
            <Icon name={one.brings === "errors" ? "error" : "explore"} />
            <span className="grow">
              <span className="m">{one.label}</span>
              <span className="faint s">{one.note}</span>
            </span>
            <Icon name="right" small />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Lines({
  org,
  source,
  setup,
  project,
}: {
  org: Organisation;
  source: Source;
  setup: Setup;
  project: Project;
}): ReactNode {
  const text = source.text(setup.addresses, project.id);
  const isScraped = source.id === "metrics" || source.id === "prometheus-yml";
  return (
    <div className="stack">
      {isScraped ? (
        <Scraping org={org} projectId={project.id} source={plainLines(text)} />
      ) : (
        <>
          <p className="muted">{source.file}; only the marked lines change.</p>
          <Snippet label={`Lines for ${source.label}`} text={text} diff />
        </>
      )}
      <Arrivals setup={setup} zone={browserZone()} />
    </div>
  );
}

interface ScrapingProps {
  org: Organisation;
  projectId: number;
  source: string;
}

/** The configuration to begin with; one that is there already is not written over. */
function Scraping({ org, projectId, source }: ScrapingProps): ReactNode {
  const save = useSaveScrapeConfig(projectId);
  const config = useScrapeConfig(projectId);
  const saved = save.data?.source ?? "";
  return (
    <Async value={config} empty={null}>
      {(found) =>
        saved === "" && found.source.trim() !== "" ? (
          <AlreadyScraped org={org} source={source} />
        ) : (
          <YamlEditor
            label="Scrape configuration"
            hint={
              saved === ""
                ? "As in prometheus.yml; put your own address into targets"
                : "Saved; scraping has begun"
            }
            source={saved}
            initial={source}
            verb="Start scraping"
            rows={10}
            isBusy={save.isPending}
            error={save.error ? toFailure(save.error).message : null}
            onSave={(text) =>
              save.mutate(text, { onSuccess: () => toast("Scraping began", { status: "ok" }) })
            }
          />
        )
      }
    </Async>
  );
}

function AlreadyScraped({ org, source }: Omit<ScrapingProps, "projectId">): ReactNode {
  return (
    <>
      <p className="muted">
        This project has a scrape configuration. Add the job to it in{" "}
        <Link to={`/o/${org.slug}/settings/scraping`} className="link">
          Settings, Scraping
        </Link>
        .
      </p>
      <Snippet label="The job to add" text={source} />
    </>
  );
}

function Arrived({ org, setup }: { org: Organisation; setup: Setup }): ReactNode {
  const first = setup.seen[0];
  if (first === undefined) return null;
  // Series are made of errors, and may be there when the page looks for the first time.
  const page = setup.seen.some((one) => one.source === "errors") ? "errors" : "explore";
  return (
    <p className="arrived" role="status">
      <Glyph status="ok" label="" />
      <span className="grow">The first record is here.</span>
      <Link to={`/o/${org.slug}/${page}`} className="link">
        Look at it
      </Link>
    </p>
  );
}

function TestError({ projectId }: { projectId: number }): ReactNode {
  const test = useTestError(projectId);
  const send = (): void =>
    test.mutate(undefined, {
      onSuccess: () => toast("Test error sent"),
      onError: (error) => toast(toFailure(error).message, { status: "crit" }),
    });
  return (
    <Button busy={test.isPending} onClick={send}>
      Send a test error
    </Button>
  );
}
