/** The icons: strokes on a grid of 16, in the colour of the text. */
const paths = {
  add: "M8 3v10M3 8h10",
  back: "M9.5 3.5 5 8l4.5 4.5",
  bookmark: "M4.5 2.5h7v11L8 10.8l-3.5 2.7z",
  chart: "M2.5 2.5v11h11M4.5 10.5l3-4 2.5 2 3.5-5",
  check: "m3.5 8.5 3 3 6-7",
  chevron: "m6 3.5 4.5 4.5L6 12.5",
  close: "m4 4 8 8M12 4l-8 8",
  columns: "M2.5 3.5h11v9h-11zM6.2 3.5v9M9.8 3.5v9",
  compare: "M6 2.5v11M10 2.5v11M2.5 5H6M10 11h3.5M2.5 11H6M10 5h3.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  down: "M8 3v10M4 9l4 4 4-4",
  download: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10",
  edit: "m3 10.5-.5 3 3-.5 7.5-7.5-2.5-2.5zM9 4.5 11.5 7",
  expand: "M9.5 2.5h4v4M6.5 13.5h-4v-4M13 3 9.5 6.5M3 13l3.5-3.5",
  filter: "M2.5 4h11M4.5 8h7M6.5 12h3",
  file: "M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5",
  folder: "M1.8 12.8v-9h4.4l1.5 1.7h6.5v7.3z",
  keyboard: "M1.5 4.5h13v7h-13zM4 7v.01M6.7 7v.01M9.3 7v.01M12 7v.01M5 9.5h6",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  monitor: "M2 3h12v8H2zM6 13.5h4",
  moon: "M13 9.3A5.5 5.5 0 1 1 6.7 3a4.4 4.4 0 0 0 6.3 6.3z",
  more: "M3.5 8v.01M8 8v.01M12.5 8v.01",
  pin: "M5.5 2.5h5M6.5 2.5v4L4.5 9h7l-2-2.5v-4M8 9v4.5",
  restore: "M3 8a5 5 0 1 0 1.6-3.7M3 2.8v2.7h2.7",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3l3.2 3.2",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6",
  tag: "M2.5 2.5h5l6 6-5 5-6-6zM5.3 5.3v.01",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.3 4.5l.7 9h6l.7-9",
  up: "M8 13V3M4 7l4-4 4 4",
  user: "M8 2.5a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M2.8 13.8a5.3 5.3 0 0 1 10.4 0",
  warning: "M8 2.2 14.2 13H1.8zM8 6.5v3M8 11.3v.01",
} as const;

export type IconName = keyof typeof paths;

/** Decoration: what it means is said by the text, or the label, beside it. */
export const Icon = ({ name, size = 16 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.4}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={paths[name]} />
  </svg>
);
