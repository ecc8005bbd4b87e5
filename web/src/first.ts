/**
 * The first code of every page: it asks for what the page shows while the rest, React and the router above all, is on its way and
 * begins. Half of what a first visit took was that one waited for the other.
 */
import "./design/base.css";
import "./follow-mlflow-link.ts";
import { fromAddress } from "./address.ts";
import { applyTheme } from "./design/theme.ts";
import { askFirst } from "./first-asked.ts";

applyTheme();
const asked = askFirst(fromAddress(location.pathname), location.search);
// Not awaited here: what comes now imports of this file, and would wait for its end.
void import("./main.tsx").then(({ draw }) => draw(asked));
