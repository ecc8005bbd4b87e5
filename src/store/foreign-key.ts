import { sqlState } from "./postgres-errors.ts";

/** Whether what an insert refers to was there: its foreign key says so, also when that is deleted at the same moment. */
export async function refersToARow(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (sqlState(error) === "23503") return false;
    throw error;
  }
}
