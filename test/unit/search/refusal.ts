import { LoggiaError } from "../../../src/errors.ts";

/** The message with which `parse` refuses a text as the caller's mistake; anything else fails the test. */
export function refusal(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof LoggiaError && error.code === "INVALID_PARAMETER_VALUE") return error.message;
    throw error;
  }
  throw new Error("It was accepted");
}
