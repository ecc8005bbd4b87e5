import { chooseTheme, type Theme, useTheme } from "../design/theme.ts";
import { IconButton } from "../parts/Button.tsx";
import type { IconName } from "../parts/Icon.tsx";

const looks: Record<Theme, { icon: IconName; label: string; next: Theme }> = {
  system: { icon: "monitor", label: "Light or dark: as the system", next: "light" },
  light: { icon: "sun", label: "Light or dark: light", next: "dark" },
  dark: { icon: "moon", label: "Light or dark: dark", next: "system" },
};

/** Goes from the system's appearance to light, to dark, and round. */
export function ThemeButton() {
  const { icon, label, next } = looks[useTheme()];
  return <IconButton icon={icon} label={label} onClick={() => chooseTheme(next)} />;
}
