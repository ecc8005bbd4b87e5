import { pageOfMlflowLink } from "./mlflow-link.ts";

// Before the router reads the address.
const page = pageOfMlflowLink(location);
if (page !== undefined) history.replaceState(null, "", page);

// Such a link that is pasted where a page is open already loads nothing by itself.
addEventListener("hashchange", () => {
  const next = pageOfMlflowLink(location);
  if (next !== undefined) location.replace(next);
});
