const units = ["kB", "MB", "GB", "TB", "PB"];

/** `512 B`, `1.5 kB`, `20 MB`: thousands, as file managers and GitLab have them. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  let at = 0;
  let value = size / 1000;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  const digits = value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  return `${digits} ${units[at]}`;
}
