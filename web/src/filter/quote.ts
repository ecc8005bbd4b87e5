/** Names and values as a filter writes them. */

/** `'text'`, or `"text"` where it holds an apostrophe. */
export const quotedValue = (value: string): string => (value.includes("'") ? `"${value}"` : `'${value}'`);

/** A key as a filter writes it. */
export const quotedKey = (key: string): string =>
  /^[\p{L}\p{N}_]+$/u.test(key) ? key : key.includes("`") ? `"${key}"` : `\`${key}\``;
