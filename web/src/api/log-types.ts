import type { components } from "./schema";

type Schemas = components["schemas"];
export type LogLine = Schemas["LogLine"];
export type LogPage = Schemas["LogsAnswer"];
export type LogHistogram = Schemas["LogHistogram"];
export type LogFacet = Schemas["LogFacet"];
export type LogFacets = Schemas["LogFacetsAnswer"];
export type LogPattern = Schemas["LogPatternAnswer"];
export type LogPatterns = Schemas["LogPatternsAnswer"];
export type LogContext = Schemas["LogContextAnswer"];
export type LogCompletions = Schemas["LogCompletionsAnswer"];
export type SavedLogQuery = Schemas["LogQueryAnswer"];
export type SavedLogQueries = Schemas["LogQueriesAnswer"];
export type LogTailBatch = Schemas["LogTailBatch"];
