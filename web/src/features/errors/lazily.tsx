/** Parts that few visits need; their code is fetched when they are first shown. */
import { lazy } from "react";

export const NoIssues = lazy(() => import("./NoIssues").then((one) => ({ default: one.NoIssues })));

export const IssuePeek = lazy(() =>
  import("./IssuePeek").then((one) => ({ default: one.IssuePeek })),
);

export const BulkBar = lazy(() => import("./BulkBar").then((one) => ({ default: one.BulkBar })));

export const MergeDialog = lazy(() =>
  import("./MergeDialog").then((one) => ({ default: one.MergeDialog })),
);

export const AskDialog = lazy(() =>
  import("./AskDialog").then((one) => ({ default: one.AskDialog })),
);

export const SearchDialogs = lazy(() =>
  import("./SearchDialogs").then((one) => ({ default: one.SearchDialogs })),
);
