import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./api/queries.ts";
import { router } from "./router.tsx";

/** Milliseconds that the first answers are waited for: to draw a page once takes less than to draw that it waits, and then it. */
const patience = 300;

/** Draws the page. @param asked what it shows first. */
export async function draw(asked: Promise<unknown>): Promise<void> {
  const page = document.getElementById("page");
  if (page === null) throw new Error("index.html has no #page");
  const later = new Promise((resolve) => setTimeout(resolve, patience));
  await Promise.race([Promise.all([asked, router.load()]), later]);
  createRoot(page).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
