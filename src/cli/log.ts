/** The log as a person reads it: one short line per record of the JSON log. */

const levels: Record<number, string> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

/** A destination for pino that writes text to `output`. */
export function textLog(output: { write(text: string): unknown }): { write(line: string): void } {
  return { write: (line) => void output.write(asText(line)) };
}

/** `12:03:04 warn  the message key=value`, and below it the stack of an error. */
export function asText(line: string): string {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line);
  } catch {
    return line;
  }
  const { level, time, msg, err, pid: _pid, hostname: _hostname, ...rest } = record;
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const words = [clock, (levels[Number(level)] ?? String(level)).padEnd(5), String(msg ?? "")];
  for (const [key, value] of Object.entries(rest))
    words.push(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const stack =
    typeof err === "object" && err !== null && "stack" in err
      ? `\n  ${String(err.stack).replaceAll("\n", "\n  ")}`
      : "";
  return `${words.join(" ")}${stack}\n`;
}
