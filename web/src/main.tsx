import "./design/base.css";
import "./follow-mlflow-link.ts";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./api/queries.ts";
import { applyTheme } from "./design/theme.ts";
import { router } from "./router.tsx";

applyTheme();
// Before anything is drawn: what the page will ask for, and its code.
void router.load();

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no #page");
createRoot(page).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
