/**
 * Small pictures, drawn in the colour of the text around them.
 *
 * @module
 */
const PATHS = {
  overview: "M4 5h7v6H4zM13 5h7v3h-7zM13 10h7v9h-7zM4 13h7v6H4z",
  connections: "M4 6h16M4 10h16M4 14h16M4 18h10",
  journey:
    "M6 19a2 2 0 1 1 0-4 2 2 0 0 1 0 4zm0-4V9a4 4 0 0 1 8 0v6a4 4 0 0 0 4 0M18 5v10M15 8l3-3 3 3",
  playground: "M5 19V9M12 19V5M19 19v-7M3 19h18",
  lab: "M9 4h6M10 4v6l-5 8a1.5 1.5 0 0 0 1.3 2h11.4a1.5 1.5 0 0 0 1.3-2l-5-8V4M8 15h8",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4",
  moon: "M19 14.5A7.5 7.5 0 0 1 9.5 5a7.5 7.5 0 1 0 9.5 9.5z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5 20 20",
  check: "M5 12.5 10 17l9-10",
  cross: "M6 6l12 12M18 6 6 18",
  arrow: "M5 12h14M13 6l6 6-6 6",
  refresh: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  drain: "M4 5h16l-6 7v6l-4 2v-8z",
} as const;

/** Name of a picture. */
export type IconName = keyof typeof PATHS;

/** Returns a picture; it says nothing to who cannot see it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
