import { cssColour, type Look } from "./palette.ts";

/** The line that a run is drawn with, beside its name. */
export const Swatch = ({ look }: { look: Look }) => (
  <svg width={20} height={8} viewBox="0 0 20 8" aria-hidden="true" focusable="false">
    <line
      x1={1}
      x2={19}
      y1={4}
      y2={4}
      style={{ stroke: cssColour(look) }}
      strokeWidth={3}
      strokeDasharray={look.dash.length === 0 ? undefined : look.dash.join(" ")}
    />
  </svg>
);
