import { useEffect, useState } from "react";
import { useTheme } from "../design/theme.ts";
import { colours } from "./palette.ts";

/** The tokens that a canvas needs, as colours that it understands. */
export interface ThemeColours {
  /** By number, from 1. */
  runs: readonly string[];
  surface: string;
  line: string;
  text: string;
  textSoft: string;
  font: string;
}

/** Resolves the tokens in the theme of the page as it is. */
export function themeColours(): ThemeColours {
  const probe = document.createElement("span");
  document.body.append(probe);
  const resolve = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    runs: Array.from({ length: colours + 1 }, (_, i) => (i === 0 ? "" : resolve(`--run-${i}`))),
    surface: resolve("--surface"),
    line: resolve("--line"),
    text: resolve("--text"),
    textSoft: resolve("--text-soft"),
    font: getComputedStyle(probe).fontFamily,
  };
  probe.remove();
  return found;
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** The colours, and others as soon as the theme changes. */
export function useThemeColours(): ThemeColours {
  const theme = useTheme();
  const [found, setFound] = useState(themeColours);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is on the page, where the tokens are read
  useEffect(() => {
    const read = () => setFound(themeColours());
    read();
    dark.addEventListener("change", read);
    return () => dark.removeEventListener("change", read);
  }, [theme]);
  return found;
}
