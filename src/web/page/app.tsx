/**
 * What is around every part of the page: the menu, how the director is, and what is wrong.
 *
 * @module
 */
import { useState } from "preact/hooks";
import { setToken } from "./client.ts";
import { Connections } from "./connections/connections.tsx";
import { duration } from "./format.ts";
import { Journey } from "./journey/journey.tsx";
import { LabPlace } from "./lab/lab-place.tsx";
import { director, link, linkReason, listen } from "./live.ts";
import { Overview } from "./overview/overview.tsx";
import { Icon, type IconName } from "./parts/icon.tsx";
import { Toasts } from "./parts/toasts.tsx";
import { Playground } from "./playground/playground.tsx";
import { hrefOf, PLACES, type Place, route } from "./route.ts";
import { nextLanguage, nextTheme, text, theme } from "./settings.ts";

const VIEWS: Readonly<Record<Place, () => preact.JSX.Element>> = {
  overview: () => <Overview />,
  connections: () => <Connections />,
  journey: () => <Journey />,
  playground: () => <Playground />,
  lab: () => <LabPlace />,
};

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

export function App() {
  const { place } = route.value;
  const { toContent } = text.value;
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        {toContent}
      </button>
      <header class="bar">
        <a class="brand" href={hrefOf("overview")}>
          <img src="/icon.svg" alt="" width="26" height="26" />
          uipvs
        </a>
        <Menu place={place} />
        <div class="bar-end">
          <LinkState />
          <Switches />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {link.value === "refused" ? (
          <TokenForm />
        ) : (
          <>
            <Troubles />
            {VIEWS[place]()}
          </>
        )}
      </main>
      <Toasts />
    </>
  );
}

function skip(): void {
  document.getElementById("content")?.focus();
}

function Menu({ place }: { readonly place: Place }) {
  const { menu, places } = text.value;
  return (
    <nav class="menu" aria-label={menu}>
      {PLACES.map((each) => (
        <a key={each} href={hrefOf(each)} aria-current={each === place ? "page" : undefined}>
          <Icon name={each satisfies IconName} />
          <span>{places[each]}</span>
        </a>
      ))}
    </nav>
  );
}

function LinkState() {
  const { links, up, timeUnits } = text.value;
  const facts = director.value;
  return (
    <span class={`link link-${link.value}`} role="status">
      <span class="link-dot" aria-hidden="true" />
      <span class="link-text">{links[link.value]}</span>
      {facts !== undefined && link.value === "live" && (
        <span class="link-facts">
          {facts.device} · {up(duration(facts.uptime, timeUnits))}
        </span>
      )}
    </span>
  );
}

function Switches() {
  const { themes, otherLanguage, otherLanguageHint } = text.value;
  return (
    <span class="switches">
      <button type="button" class="ghost" title={otherLanguageHint} onClick={nextLanguage}>
        {otherLanguage}
      </button>
      <button
        type="button"
        class="ghost ghost-icon"
        aria-label={themes[theme.value]}
        title={themes[theme.value]}
        onClick={nextTheme}
      >
        <Icon name={THEME_ICONS[theme.value]} />
      </button>
    </span>
  );
}

/** What is wrong with the director, or with the way to it. */
function Troubles() {
  const { lostTitle, lostHelp, faultTitle } = text.value;
  const fault = director.value?.fault;
  return (
    <>
      {link.value === "lost" && (
        <div class="notice notice-bad" role="alert">
          <strong>{lostTitle}</strong> {linkReason.value !== "" && `${linkReason.value}. `}
          {lostHelp}
        </div>
      )}
      {typeof fault === "string" && (
        <div class="notice notice-warn" role="alert">
          <strong>{faultTitle}</strong> {fault}
        </div>
      )}
    </>
  );
}

function TokenForm() {
  const { refusedTitle, refusedHelp, token, open } = text.value;
  const [typed, setTyped] = useState("");
  const submit = (event: Event): void => {
    event.preventDefault();
    setToken(/[?&]token=([^&#\s]+)/.exec(typed)?.[1] ?? typed);
    void listen();
  };
  return (
    <form class="card token" onSubmit={submit}>
      <h1>{refusedTitle}</h1>
      <p role="alert">{linkReason.value}.</p>
      <p class="muted">{refusedHelp}</p>
      <div class="token-row">
        <input
          aria-label={token}
          placeholder={token}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          {open}
        </button>
      </div>
    </form>
  );
}
