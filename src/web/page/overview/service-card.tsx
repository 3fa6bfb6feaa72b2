/**
 * A service with its real servers, and what can be changed of them.
 *
 * @module
 */
import { useState } from "preact/hooks";
import type { LiveServer, LiveService } from "../../../live/live-state.ts";
import { SCHEDULERS } from "../../playground/play.ts";
import {
  byteRate,
  METHOD_NAMES,
  percent,
  serviceAddress,
  serviceKind,
  short,
  standingOf,
  whole,
} from "../format.ts";
import { Select } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { change } from "../parts/toasts.tsx";
import { Weight } from "../parts/weight.tsx";
import { text } from "../settings.ts";
import { AddServer } from "./add-server.tsx";

export function ServiceCard({ service }: { readonly service: LiveService }) {
  const words = text.value;
  const [adding, setAdding] = useState(false);
  const { key, rates, servers } = service;
  const name = `${serviceKind(service)} ${serviceAddress(service)}`;
  const schedulers = [...new Set([...SCHEDULERS, service.scheduler])];
  return (
    <article class="card service" aria-label={name} data-service={key}>
      <header class="service-head">
        <span class="badge">{serviceKind(service)}</span>
        <h3 class="mono">{serviceAddress(service)}</h3>
        <Select
          label={`${words.scheduler}, ${name}`}
          value={service.scheduler}
          options={schedulers.map((each) => [each, each] as const)}
          onChange={(scheduler) => void change({ action: "edit-service", service: key, scheduler })}
        />
        {service.schedulerFlags.map((flag) => (
          <span key={flag} class="tag">
            {flag}
          </span>
        ))}
        {service.persistence !== null && (
          <span class="tag">{words.persistent(service.persistence)}</span>
        )}
        {service.onePacket && <span class="tag">{words.onePacket}</span>}
        <span class="service-rates">
          <b>{short(rates.connections)}</b> {words.perSecond}
          <span class="sep" />
          {words.in} <b>{byteRate(rates.inBytes)}</b>
          <span class="sep" />
          {words.out} <b>{byteRate(rates.outBytes)}</b>
        </span>
      </header>
      {servers.length === 0 ? (
        <p class="muted pad">{words.noServers}</p>
      ) : (
        <Servers service={service} />
      )}
      <footer class="service-foot">
        <button type="button" onClick={() => setAdding(true)}>
          <Icon name="plus" />
          {words.addServer}
        </button>
        <button
          type="button"
          class="quiet danger"
          onClick={() => {
            if (confirm(words.deleteServiceSure(name))) {
              void change({ action: "delete-service", service: key });
            }
          }}
        >
          <Icon name="trash" />
          {words.deleteService}
        </button>
      </footer>
      {adding && <AddServer service={service} onClose={() => setAdding(false)} />}
    </article>
  );
}

function Servers({ service }: { readonly service: LiveService }) {
  const words = text.value;
  const rate = service.servers.reduce((sum, { rates }) => sum + rates.connections, 0);
  const open = service.servers.reduce((sum, { active, inactive }) => sum + active + inactive, 0);
  const share = (server: LiveServer): number => {
    if (rate > 0) return server.rates.connections / rate;
    return open > 0 ? (server.active + server.inactive) / open : 0;
  };
  return (
    <div class="servers-wrap">
      <table class="servers">
        <thead>
          <tr>
            <th scope="col">{words.server}</th>
            <th scope="col">{words.weight}</th>
            <th scope="col">{words.state}</th>
            <th scope="col" class="num">
              {words.activeInactive}
            </th>
            <th scope="col">{words.share}</th>
            <th scope="col" class="num">
              {words.rate}
            </th>
            <th scope="col">
              <span class="hidden">{words.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {service.servers.map((server) => (
            <Server key={server.key} service={service} server={server} share={share(server)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Weights before draining, by service and server: to restore them. */
const before = new Map<string, number>();

function Server(props: {
  readonly service: LiveService;
  readonly server: LiveServer;
  readonly share: number;
}) {
  const words = text.value;
  const { service, server, share } = props;
  const standing = standingOf(server);
  const name = `${service.key} ${server.key}`;
  const setWeight = (weight: number): void => {
    if (weight === 0) before.set(name, server.weight);
    const { key } = server;
    void change({ action: "edit-server", service: service.key, server: key, settings: { weight } });
  };
  const { upperThreshold, lowerThreshold, active, inactive } = server;
  return (
    <tr data-server={server.key}>
      <th scope="row">
        <span class="mono">{server.key}</span>
        <span class="tag">{server.tunnel?.toUpperCase() ?? METHOD_NAMES[server.method]}</span>
      </th>
      <td data-name={words.weight}>
        <Weight name={server.key} value={server.weight} onChange={setWeight} />
      </td>
      <td data-name={words.state}>
        <span class={`pill pill-${standing}`}>{words.standings[standing]}</span>
      </td>
      <td data-name={words.activeInactive} class="num">
        <b>{whole(active)}</b> / {whole(inactive)}
        {upperThreshold > 0 && (
          <Threshold value={active + inactive} upper={upperThreshold} lower={lowerThreshold} />
        )}
      </td>
      <td data-name={words.share}>
        <span class="share">
          <span class="share-bar">
            <span style={{ width: `${100 * share}%` }} />
          </span>
          <span class="share-text">{percent(share)}</span>
        </span>
      </td>
      <td data-name={words.rate} class="num">
        <b>{short(server.rates.connections)}</b> {words.perSecond}
        <span class="sub">{byteRate(server.rates.inBytes + server.rates.outBytes)}</span>
      </td>
      <td class="acts">
        {server.weight === 0 ? (
          <button type="button" class="quiet" onClick={() => setWeight(before.get(name) || 1)}>
            {words.restore}
          </button>
        ) : (
          <button type="button" class="quiet" title={words.drainHint} onClick={() => setWeight(0)}>
            {words.drain}
          </button>
        )}
        <button
          type="button"
          class="quiet danger icon-only"
          aria-label={`${words.remove} ${server.key}`}
          title={words.remove}
          onClick={() => {
            if (confirm(words.removeSure(server.key))) {
              void change({ action: "delete-server", service: service.key, server: server.key });
            }
          }}
        >
          <Icon name="trash" />
        </button>
      </td>
    </tr>
  );
}

function Threshold(props: {
  readonly value: number;
  readonly upper: number;
  readonly lower: number;
}) {
  const { value, upper, lower } = props;
  return (
    <span class="threshold" title={text.value.threshold(upper, lower)}>
      <span
        class={value >= upper ? "full" : ""}
        style={{ width: `${Math.min(100, (100 * value) / upper)}%` }}
      />
      <small>≤ {whole(upper)}</small>
    </span>
  );
}
