import type { Trail } from "../store/audit.ts";

/** What the audit log has for whoever works on the database itself: they have no token and no address. */
export const trail: Trail = { actor: "command line", address: "", requestId: "" };
