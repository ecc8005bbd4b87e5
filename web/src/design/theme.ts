import { useSyncExternalStore } from "react";

/** What the viewer chose; `system` follows the machine. Kept in this browser. */
export type Theme = "system" | "light" | "dark";

const key = "loggia.theme";
const listeners = new Set<() => void>();

const stored = (): Theme => {
  const value = localStorage.getItem(key);
  return value === "light" || value === "dark" ? value : "system";
};

/** Puts the chosen theme on the page; called before anything is drawn. */
export function applyTheme(theme: Theme = stored()): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(key);
  else localStorage.setItem(key, theme);
  applyTheme(theme);
  for (const listener of listeners) listener();
}

export const useTheme = (): Theme =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, stored);
