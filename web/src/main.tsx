import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { whenSignedOut } from "@/api/client";
import { createQueryClient } from "@/api/queries";
import { SESSION_KEY } from "@/api/session";
import type { Session } from "@/api/types";
import { makeRouter } from "@/app/router";
import { applyTheme, themeChoice } from "@/lib/preferences";
import "@/ui/tokens.css";
import "@/ui/page.css";
import "@/ui/layers.css";
import "@/ui/controls.css";
import "@/ui/checkbox.css";
import "@/ui/tabs.css";
import "@/app/shell.css";

const client = createQueryClient();
const router = makeRouter(client);

// The session ended elsewhere: ask again, and the router leads to the login page.
whenSignedOut(() => {
  if (client.getQueryData<Session>(SESSION_KEY)?.user == null) return;
  client.removeQueries({ queryKey: SESSION_KEY });
  void router.invalidate();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  applyTheme(themeChoice()),
);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
