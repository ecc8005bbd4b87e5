import { turns } from "../store/turns.ts";

/** Queries with which watches begin: hundreds may begin at once, when a server has come back, and must not take the whole pool. */
export const atTurn = turns(3);
