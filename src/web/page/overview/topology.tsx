/**
 * The clients, the director and the servers, and what passes between them.
 *
 * @module
 */
import { useState } from "preact/hooks";
import {
  byteRate,
  METHOD_NAMES,
  serviceAddress,
  serviceKind,
  short,
  standingOf,
} from "../format.ts";
import { director, services, totals } from "../live.ts";
import { Select } from "../parts/field.tsx";
import { useWidth } from "../parts/use-width.ts";
import { text } from "../settings.ts";
import {
  type Layout,
  type Line,
  layoutOf,
  type ServerPlace,
  type ServicePlace,
} from "./topology-layout.ts";

/** Services drawn at the same time. */
const MOST_SERVICES = 5;
const ALL = "";
/** Below this there is nothing to be seen, in px. */
const LEAST_WIDTH = 200;

export function Topology() {
  const words = text.value;
  const [box, width] = useWidth<HTMLDivElement>();
  const [chosen, choose] = useState(ALL);
  const all = services.value;
  const one = all.filter(({ key }) => key === chosen);
  const shown = one.length > 0 ? one : all.slice(0, MOST_SERVICES);
  const names = all.map(
    (each) => [each.key, `${serviceKind(each)} ${serviceAddress(each)}`] as const,
  );
  return (
    <section class="card" aria-labelledby="topology-title">
      <div class="card-head">
        <h2 id="topology-title">{words.topology}</h2>
        {all.length > 1 && (
          <Select
            label={words.service}
            value={one.length > 0 ? chosen : ALL}
            options={[[ALL, words.allServices] as const, ...names]}
            onChange={choose}
          />
        )}
        <span class="card-note">
          {one.length === 0 && all.length > shown.length
            ? words.moreServices(all.length - shown.length)
            : words.topologyHelp}
        </span>
      </div>
      <div ref={box} class="topology">
        {width > LEAST_WIDTH && <Drawing layout={layoutOf(shown, width)} />}
      </div>
    </section>
  );
}

function Drawing({ layout }: { readonly layout: Layout }) {
  const words = text.value;
  const { clients, services: places, replies } = layout;
  const rates = totals.value?.rates;
  return (
    <svg width={layout.width} height={layout.height} role="img" aria-label={words.topology}>
      {layout.director !== undefined && (
        <>
          <rect class="t-director" {...layout.director} rx="14" />
          <text
            class="t-caption"
            x={layout.director.x + layout.director.width / 2}
            y={layout.director.y + 21}
            text-anchor="middle"
          >
            {words.director}
            {director.value !== undefined && ` · ${director.value.device}`}
          </text>
        </>
      )}
      {replies !== undefined && (
        <>
          <Flow line={replies} kind="direct" />
          <text class="t-small" x={replies.labelX} y={replies.labelY} text-anchor="middle">
            {words.repliesDirect}
          </text>
        </>
      )}
      {places.map(({ service, line }) => (
        <Flow key={service.key} line={line} kind="request" />
      ))}
      {places.flatMap(({ service, servers }) =>
        servers.map(({ server, line }) => (
          <Flow key={`${service.key} ${server.key}`} line={line} kind={standingOf(server)} />
        )),
      )}
      <g>
        <rect class="t-box" {...clients} rx="10" />
        <text
          class="t-name"
          x={clients.x + clients.width / 2}
          y={clients.y + clients.height / 2 - (clients.height > 40 ? 3 : -5)}
          text-anchor="middle"
        >
          {words.clients}
          {clients.height <= 40 &&
            rates !== undefined &&
            ` · ${short(rates.connections)}${words.perSecond}`}
        </text>
        {clients.height > 40 && rates !== undefined && (
          <text
            class="t-small"
            x={clients.x + clients.width / 2}
            y={clients.y + clients.height / 2 + 15}
            text-anchor="middle"
          >
            {words.connectionRate(short(rates.connections))}
          </text>
        )}
      </g>
      {places.map((place) => (
        <Service key={place.service.key} place={place} />
      ))}
    </svg>
  );
}

function Service({ place }: { readonly place: ServicePlace }) {
  const { service, box, servers, hidden, hiddenAt } = place;
  return (
    <g>
      <rect class="t-service" {...box} rx="10" />
      <text class="t-name mono" x={box.x + 12} y={box.y + 22}>
        {serviceKind(service)} {fit(serviceAddress(service), box.width - 60)}
      </text>
      <text class="t-small" x={box.x + 12} y={box.y + 40}>
        {service.scheduler} · {text.value.connectionRate(short(service.rates.connections))} ·{" "}
        {byteRate(service.rates.inBytes)}
      </text>
      {servers.map((each) => (
        <Server key={each.server.key} place={each} />
      ))}
      {hidden > 0 && (
        <text class="t-small" x={hiddenAt.x} y={hiddenAt.y}>
          {text.value.moreServices(hidden)}
        </text>
      )}
    </g>
  );
}

function Server({ place: { server, box } }: { readonly place: ServerPlace }) {
  const standing = standingOf(server);
  const middle = box.y + box.height / 2;
  return (
    <g class={`t-server t-${standing}`}>
      <rect class="t-box" {...box} rx="8" />
      <circle class="t-state" cx={box.x + 14} cy={middle} r="4.5" />
      <text class="t-name mono" x={box.x + 26} y={middle - 3}>
        {fit(server.key, box.width - 90)}
      </text>
      <text class="t-small" x={box.x + 26} y={middle + 12}>
        {METHOD_NAMES[server.method]} · {text.value.weight.toLowerCase()} {server.weight}
      </text>
      <text class="t-figure" x={box.x + box.width - 10} y={middle - 3} text-anchor="end">
        {short(server.active + server.inactive)}
      </text>
      <text class="t-small" x={box.x + box.width - 10} y={middle + 12} text-anchor="end">
        {short(server.rates.connections)}
        {text.value.perSecond}
      </text>
    </g>
  );
}

/** Width of a letter of the fixed-width names, in px. */
const LETTER = 7.6;

/** Returns a text, or as much of it as fits. */
function fit(name: string, width: number): string {
  const letters = Math.max(6, Math.floor(width / LETTER));
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
}

/** Returns how thick a line is, in px: the tenfold makes it 1.6 thicker. */
function thickness(rate: number): number {
  return rate === 0 ? 1.5 : Math.min(9, 2 + 1.6 * Math.log10(1 + rate));
}

function Flow({ line, kind }: { readonly line: Line; readonly kind: string }) {
  const { path, rate } = line;
  const pace = rate === 0 ? "still" : rate < 20 ? "slow" : rate < 500 ? "steady" : "fast";
  return (
    <g class={`t-flow t-flow-${kind}`}>
      <path class="t-line" d={path} style={{ strokeWidth: `${thickness(rate)}px` }} />
      {rate > 0 && <path class={`t-moving t-${pace}`} d={path} />}
    </g>
  );
}
