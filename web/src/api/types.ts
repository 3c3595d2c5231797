/** Names for the generated types of the JSON API. Times are Unix milliseconds; ratios are 0–1. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["RoleName"];
export type Session = Schemas["SessionAnswer"];
export type User = Schemas["UserAnswer"];
export type Organisation = Schemas["OrganisationAnswer"];
export type Project = Schemas["ProjectAnswer"];
export type FirstRunAnswers = Schemas["FirstRunBody"];

export type Setup = Schemas["SetupAnswer"];
export type Addresses = Setup["addresses"];
export type Rejection = Schemas["Rejection"];
export type IngestKey = Schemas["KeyAnswer"];
export type ApiToken = Schemas["TokenAnswer"];
export type NewApiToken = Schemas["NewTokenAnswer"];
export type Member = Schemas["MemberAnswer"];
export type AuditPage = Schemas["AuditAnswer"];
export type AuditEntry = Schemas["AuditEntry"];
export type Channel = Schemas["ChannelAnswer"];
export type ChannelTest = Schemas["ChannelTestAnswer"];
export type ScrapeConfig = Schemas["ScrapeConfigAnswer"];
export type TargetState = Schemas["TargetAnswer"];

export type HomeData = Schemas["HomeAnswer"];
export type HomeChart = Schemas["Chart"];
export type HomeService = Schemas["ServiceRow"];
export type NeedsYou = Schemas["NeedsYou"];
export type Target = Schemas["TargetRow"];
export type SetupDone = Schemas["SetupDone"];
export type Host = Schemas["Host"];
export type DataHealth = Schemas["DataHealthAnswer"];

export type Severity = Schemas["Severity"];
export type IssueRow = Schemas["IssueAnswer"];
export type IssueStatus = IssueRow["status"];
export type IssuePage = Schemas["IssuesAnswer"];

/** Topics of the live stream; a query is fetched again when one of its topics is named. */
export type Topic =
  | "samples"
  | "issues"
  | "alerts"
  | "targets"
  | "logs"
  | "spans"
  | "envelopes"
  | "setup";
