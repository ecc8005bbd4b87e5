/** Where in a text an error is, for pages that underline it. */
import { type ErrorPlace, LoggiaError } from "../errors.ts";

/** A stretch of a text, in code units. */
export interface Span {
  start: number;
  end: number;
}

/** What `work` returns; an error that it throws without a place is in this stretch of `text`, a filter. */
export const inFilter = <T>(text: string, span: Span, work: () => T): T =>
  placing(() => placeOf("filter", 0, text, span), work);

/** The same for the item with this number of an order_by. */
export const inOrder = <T>(item: number, text: string, work: () => T): T =>
  placing(() => placeOf("order_by", item, text, { start: 0, end: text.length }), work);

function placing<T>(place: () => ErrorPlace, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof LoggiaError && error.place === undefined ? error.at(place()) : error;
  }
}

function placeOf(
  parameter: ErrorPlace["parameter"],
  item: number,
  text: string,
  { start, end }: Span,
): ErrorPlace {
  return {
    parameter,
    item,
    offset: codePoints(text.slice(0, start)),
    length: codePoints(text.slice(start, end)),
  };
}

const codePoints = (text: string) => [...text].length;
