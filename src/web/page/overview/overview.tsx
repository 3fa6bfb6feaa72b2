/**
 * The first part: what passes now, through which services, to which servers.
 *
 * @module
 */
import { useState } from "preact/hooks";
import { link, services } from "../live.ts";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { text } from "../settings.ts";
import { AddService } from "./add-service.tsx";
import { Charts } from "./charts.tsx";
import { Figures } from "./figures.tsx";
import { ServiceCard } from "./service-card.tsx";
import { Topology } from "./topology.tsx";

const COMMANDS = `uipvsadm -A -t 192.0.2.1:80 -s wlc
uipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2:80 -m`;

export function Overview() {
  const [adding, setAdding] = useState(false);
  const words = text.value;
  const all = services.value;
  return (
    <div class="stack">
      <h1 class="hidden">{words.places.overview}</h1>
      <Figures />
      {all.length > 0 && <Topology />}
      <section class="stack" aria-labelledby="services-title">
        <div class="section-head">
          <h2 id="services-title">
            {words.services} <span class="count">{all.length}</span>
          </h2>
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            {words.addService}
          </button>
        </div>
        {all.length === 0 && link.value !== "connecting" && (
          <div class="card">
            <Empty icon="overview" title={words.noServices}>
              <p class="muted">{words.noServicesHelp}</p>
              <pre>{COMMANDS}</pre>
            </Empty>
          </div>
        )}
        {all.map((service) => (
          <ServiceCard key={service.key} service={service} />
        ))}
      </section>
      {all.length > 0 && <Charts />}
      {adding && <AddService onClose={() => setAdding(false)} />}
    </div>
  );
}
