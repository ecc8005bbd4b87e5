/**
 * Where JSON text breaks off being JSON: JSON.parse says whether, but names a position only sometimes. Runs on refused text
 * alone, in one pass and without recursion.
 */

const blank = /[\t\n\r ]*/y;
const bare = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The index of the first character that cannot be there; the length of the text when it ends too early. */
export function firstFault(text: string): number {
  let at = 0;

  /** Moves past `pattern`; false, and not moved, when that is not next. */
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  /** Moves past blanks and then `token`. */
  const token = (token: string) => {
    match(blank);
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  /** Moves past a string, or up to what is wrong in it. */
  const string = () => {
    if (!token('"')) return false;
    while (at < text.length && text.charCodeAt(at) >= 0x20) {
      if (text[at] === '"') return token('"');
      if (text[at] !== "\\") at++;
      else if (!match(escaped)) return false;
    }
    return false;
  };
  const name = () => string() && token(":");

  const closing: string[] = []; // of the brackets that are open
  for (;;) {
    // A value is due.
    if (token("[")) {
      closing.push("]");
      if (!token("]")) continue;
      closing.pop();
    } else if (token("{")) {
      closing.push("}");
      if (!token("}")) {
        if (!name()) return at;
        continue;
      }
      closing.pop();
    } else if (text[at] === '"' ? !string() : !match(bare)) return at;
    // A value is over: what it was in goes on or closes.
    while (!token(",")) {
      const close = closing.at(-1);
      if (close === undefined || !token(close)) return at;
      closing.pop();
    }
    if (closing.length === 0) return at - 1; // a comma outside of everything
    if (closing.at(-1) === "}" && !name()) return at;
  }
}
