/**
 * How the page of a benchmark looks. Colours of series keep their distance for most kinds of colour blindness
 * (after Okabe and Ito).
 *
 * @module
 */

/** A style sheet that asks for nothing. */
export const STYLE = `
:root { --back: #ffffff; --text: #1f2328; --faint: #d0d7de; --panel: #f6f8fa;
  --series-1: #0072b2; --series-2: #e69f00; --series-3: #009e73; --series-4: #cc79a7;
  --series-5: #d55e00; --series-6: #56b4e9; --series-7: #8b6f00; --series-8: #6e5494; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --faint: #3d444d; --panel: #161b22;
    --series-1: #4aa8e0; --series-2: #f0b429; --series-3: #2ec79a; --series-4: #e08fc0;
    --series-5: #f0803c; --series-6: #8ccff5; --series-7: #c9a800; --series-8: #a58be0; } }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.5rem; } h3 { margin: 0 0 .25rem; font-size: 1.05rem; }
.small { font-size: .85rem; opacity: .8; }
figure { margin: 0 0 1.5rem; padding: 1rem 0; border-top: 1px solid var(--faint); }
figure p { margin: 0 0 .75rem; max-width: 44rem; }
svg { max-width: 100%; height: auto; display: block; }
.narrow { display: none; }
@media (max-width: 640px) { .wide { display: none; } .narrow { display: block; } }
.scroll { overflow-x: auto; margin-bottom: 1.5rem; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--faint); }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--back); }
dt { font-weight: 600; margin-top: .6rem; } dd { margin-left: 0; }
pre { background: var(--panel); padding: 1rem; overflow-x: auto; font-size: .8rem; }
`;
