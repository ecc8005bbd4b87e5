import type { EventFilter } from "../store/audit.ts";
import { checkText } from "./names.ts";
import { between } from "./request-limits.ts";

/** What a request asks of events; times are milliseconds since the epoch. */
export interface GivenFilter {
  actor: string;
  action: string;
  from?: bigint | undefined;
  until?: bigint | undefined;
}

/** The last moment of the year 9999. */
const latest = 253_402_300_799_999n;

/** @throws INVALID_PARAMETER_VALUE */
export function eventFilter({ actor, action, from, until }: GivenFilter): EventFilter {
  checkText("actor", actor, 300);
  checkText("action", action, 100);
  return {
    ...(actor !== "" && { actor }),
    ...(action !== "" && { action }),
    ...(from !== undefined && { from: moment("from", from) }),
    ...(until !== undefined && { until: moment("until", until) }),
  };
}

function moment(parameter: string, milliseconds: bigint): Date {
  return new Date(Number(between(parameter, milliseconds, 0, latest)));
}
