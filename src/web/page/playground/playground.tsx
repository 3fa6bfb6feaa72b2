/**
 * The scheduler playground: the real engine, in this browser, on servers of one's own.
 *
 * @module
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
  CLIENTS,
  disruption,
  fairShares,
  type Lengths,
  type PlayResult,
  type PlayServer,
  type PlaySetup,
  play,
  SCHEDULERS,
  unevenness,
} from "../../playground/play.ts";
import { percent, serviceAddress, serviceKind, whole } from "../format.ts";
import { services } from "../live.ts";
import { Field, Select } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Weight } from "../parts/weight.tsx";
import { text } from "../settings.ts";

interface Played {
  readonly setup: PlaySetup;
  readonly result: PlayResult;
}

const OWN = "";
const MOST_SERVERS = 16;
/** Results that are kept. */
const MOST_KNOWN = 100;
const START: PlaySetup = {
  scheduler: "wlc",
  lengths: "even",
  servers: [
    { id: 0, weight: 1 },
    { id: 1, weight: 1 },
    { id: 2, weight: 2 },
  ],
};

export function Playground() {
  const words = text.value;
  const [setup, setSetup] = useState(START);
  const [base, setBase] = useState(START);
  const [source, setSource] = useState(OWN);
  const result = useMemo(() => play(setup), [setup]);
  const before = useMemo((): Played => {
    // The scheduler in force, so that what is measured is the change of the servers.
    const same = { ...base, scheduler: setup.scheduler, lengths: setup.lengths };
    return { setup: same, result: play(same) };
  }, [base, setup.scheduler, setup.lengths]);
  const played = { setup, result };
  const change = (part: Partial<PlaySetup>): void => setSetup({ ...setup, ...part });
  const begin = (start: PlaySetup): void => {
    setSetup(start);
    setBase(start);
  };
  const takeFrom = (key: string): void => {
    setSource(key);
    const service = services.peek().find((each) => each.key === key);
    if (service === undefined) {
      begin(START);
      return;
    }
    // Listings have the newest first.
    const servers = [...service.servers].reverse().slice(0, MOST_SERVERS);
    const scheduler = SCHEDULERS.includes(service.scheduler) ? service.scheduler : "wlc";
    begin({ ...setup, scheduler, servers: servers.map(({ weight }, id) => ({ id, weight })) });
  };
  const names = services.value.map(
    (each) => [each.key, `${serviceKind(each)} ${serviceAddress(each)}`] as const,
  );
  return (
    <div class="stack">
      <section class="card" aria-labelledby="play-title">
        <div class="card-head">
          <h1 id="play-title">{words.playTitle}</h1>
          <span class="card-note">{words.playHelp(whole(CLIENTS))}</span>
        </div>
        <div class="form form-line">
          <Field label={words.scheduler}>
            <Select
              value={setup.scheduler}
              options={SCHEDULERS.map((each) => [each, each] as const)}
              onChange={(scheduler) => change({ scheduler })}
            />
          </Field>
          <Field label={words.lengths}>
            <Select<Lengths>
              value={setup.lengths}
              options={[
                ["even", words.lengthKinds.even],
                ["mixed", words.lengthKinds.mixed],
              ]}
              onChange={(lengths) => change({ lengths })}
            />
          </Field>
          {names.length > 0 && (
            <Field label={words.fromService}>
              <Select
                value={source}
                options={[[OWN, words.playOwn] as const, ...names]}
                onChange={takeFrom}
              />
            </Field>
          )}
          <button type="button" title={words.compareHint} onClick={() => setBase(setup)}>
            {words.compareWith}
          </button>
          <button type="button" class="quiet" onClick={() => setSetup({ ...base })}>
            {words.reset}
          </button>
        </div>
      </section>
      <div class="columns">
        <Shares played={played} onServers={(servers) => change({ servers })} />
        <div class="stack">
          <Results before={before} after={played} />
          <AllSchedulers base={base} setup={setup} />
        </div>
      </div>
    </div>
  );
}

function Shares(props: {
  readonly played: Played;
  readonly onServers: (servers: readonly PlayServer[]) => void;
}) {
  const words = text.value;
  const { setup, result } = props.played;
  const { servers } = setup;
  const fair = fairShares(servers);
  const most = Math.max(
    0.01,
    ...servers.map(({ id }) => Math.max(fair.get(id) ?? 0, (result.got.get(id) ?? 0) / CLIENTS)),
  );
  const setWeight = (id: number, weight: number): void =>
    props.onServers(servers.map((server) => (server.id === id ? { id, weight } : server)));
  const add = (): void => {
    const used = new Set(servers.map(({ id }) => id));
    const id = Array.from({ length: MOST_SERVERS + 1 }, (_, each) => each).find(
      (each) => !used.has(each),
    );
    if (id !== undefined) props.onServers([...servers, { id, weight: 1 }]);
  };
  return (
    <section class="card" aria-labelledby="shares-title">
      <div class="card-head">
        <h2 id="shares-title">{words.shares}</h2>
        <span class="card-note">
          <i class="key key-got" /> {words.got} <i class="key key-fair" /> {words.fairShare}
        </span>
      </div>
      <ul class="play">
        {servers.map(({ id, weight }) => {
          const got = (result.got.get(id) ?? 0) / CLIENTS;
          const name = `${words.server} ${id + 1}`;
          return (
            <li key={id} data-play={id}>
              <span class="play-name" style={{ color: `var(--series-${(id % 8) + 1})` }}>
                {name}
              </span>
              <Weight name={name} value={weight} onChange={(to) => setWeight(id, to)} />
              <input
                type="range"
                min="0"
                max="20"
                aria-label={`${words.weight}, ${name}`}
                value={Math.min(20, weight)}
                onInput={(event) => setWeight(id, Number(event.currentTarget.value))}
              />
              <button
                type="button"
                class="quiet danger icon-only"
                aria-label={`${words.remove} ${name}`}
                onClick={() => props.onServers(servers.filter((server) => server.id !== id))}
              >
                <Icon name="trash" />
              </button>
              <span class="play-bar">
                <span
                  class="play-got"
                  style={{
                    width: `${(100 * got) / most}%`,
                    background: `var(--series-${(id % 8) + 1})`,
                  }}
                />
                <span
                  class="play-fair"
                  style={{ left: `${(100 * (fair.get(id) ?? 0)) / most}%` }}
                />
              </span>
              <span class="play-figures num">
                <b data-share>{percent(got, 1)}</b> · {whole(result.got.get(id) ?? 0)} ·{" "}
                {whole(result.open.get(id) ?? 0)} {words.stillOpen}
              </span>
            </li>
          );
        })}
      </ul>
      {result.refused > 0 && (
        <p class="notice notice-warn">{words.refusedClients(whole(result.refused))}</p>
      )}
      <div class="service-foot">
        <button type="button" disabled={servers.length >= MOST_SERVERS} onClick={add}>
          <Icon name="plus" />
          {words.addServer}
        </button>
      </div>
    </section>
  );
}

function Results({ before, after }: { readonly before: Played; readonly after: Played }) {
  const words = text.value;
  const { moved, least } = disruption(before, after);
  const worst = unevenness(after.setup.servers, after.result);
  return (
    <div class="results">
      <div class="card figure" data-result="moved">
        <span class="figure-name">{words.moved}</span>
        <span class="figure-value">{percent(moved, 1)}</span>
        <span class="figure-note">
          {words.least(percent(least, 1))}; {words.movedHelp}
        </span>
      </div>
      <div class="card figure" data-result="unevenness">
        <span class="figure-name">{words.unevenness}</span>
        <span class="figure-value">{Number.isNaN(worst) ? "–" : worst.toFixed(2)}</span>
        <span class="figure-note">{words.unevennessHelp}</span>
      </div>
    </div>
  );
}

interface Compared {
  readonly scheduler: string;
  readonly moved: number;
  readonly worst: number;
}

/** The same servers before and after, under each scheduler; worked out while nobody waits. */
function AllSchedulers({ base, setup }: { readonly base: PlaySetup; readonly setup: PlaySetup }) {
  const words = text.value;
  const [rows, setRows] = useState<readonly Compared[]>([]);
  const known = useRef(new Map<string, PlayResult>());
  useEffect(() => {
    let gone = false;
    /** Servers one has come from, or goes back to, are not played anew. */
    const played = (each: PlaySetup): Played => {
      const key = JSON.stringify(each);
      const result = known.current.get(key) ?? play(each);
      if (known.current.size >= MOST_KNOWN) known.current.clear();
      known.current.set(key, result);
      return { setup: each, result };
    };
    const work = async (): Promise<void> => {
      const found: Compared[] = [];
      for (const scheduler of SCHEDULERS) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (gone) return;
        const { lengths } = setup;
        const before = played({ ...base, scheduler, lengths });
        const after = played({ ...setup, scheduler, lengths });
        const { moved } = disruption(before, after);
        found.push({ scheduler, moved, worst: unevenness(setup.servers, after.result) });
        // Those not reached yet stay as they were.
        const reached = [...found];
        setRows((rows) => [...reached, ...rows.slice(reached.length)]);
      }
    };
    const timer = setTimeout(() => void work(), 250);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [base, setup]);
  return (
    <section class="card" aria-labelledby="all-title">
      <div class="card-head">
        <h2 id="all-title">{words.allSchedulers}</h2>
      </div>
      <div class="scroll-x">
        <table class="compare">
          <thead>
            <tr>
              <th scope="col">{words.scheduler}</th>
              <th scope="col">{words.moved}</th>
              <th scope="col" class="num">
                {words.unevenness}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ scheduler, moved, worst }) => (
              <tr key={scheduler} class={scheduler === setup.scheduler ? "chosen" : undefined}>
                <th scope="row" class="mono">
                  {scheduler}
                </th>
                <td>
                  <span class="share">
                    <span class="share-bar">
                      <span style={{ width: `${100 * moved}%` }} />
                    </span>
                    <span class="share-text">{percent(moved, 1)}</span>
                  </span>
                </td>
                <td class="num">{Number.isNaN(worst) ? "–" : worst.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
