/** A string, what opens, closes or divides, and anything else that stands for itself. */
const token = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs;

/**
 * JSON with each member on a line of its own. Nothing in it changes: numbers keep all their digits, and Python's NaN stands.
 * @returns undefined for what is not JSON, or is no object and no list.
 */
export function indented(text: string): string | undefined {
  const tokens = text.match(token) ?? [];
  if (!/^[[{]$/.test(tokens[0] ?? "") || !isBalanced(tokens)) return undefined;
  const out: string[] = [];
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [at, one] of tokens.entries()) {
    const next = tokens[at + 1] ?? "";
    if (one === "{" || one === "[") {
      out.push(one);
      if (closes(next)) continue;
      depth += 1;
      out.push(line());
    } else if (closes(one)) {
      const before = tokens[at - 1] ?? "";
      if (before !== "{" && before !== "[") {
        depth -= 1;
        out.push(line());
      }
      out.push(one);
    } else if (one === ",") out.push(one, line());
    else out.push(one === ":" ? ": " : one);
  }
  return out.join("");
}

const closes = (one: string) => one === "}" || one === "]";

/** Whether every bracket is closed by its own, and nothing follows the last. */
function isBalanced(tokens: readonly string[]): boolean {
  const open: string[] = [];
  for (const [at, one] of tokens.entries()) {
    if (one === "{") open.push("}");
    else if (one === "[") open.push("]");
    else if (closes(one) && open.pop() !== one) return false;
    if (open.length === 0 && at < tokens.length - 1) return false;
  }
  return open.length === 0;
}
