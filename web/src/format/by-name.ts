import { once } from "./once.ts";

const names = once(() => new Intl.Collator("en", { numeric: true }));

/** The order of names, numbers in them by their size: `layer2` comes before `layer10`. */
export const byName = (a: string, b: string): number => names().compare(a, b);
