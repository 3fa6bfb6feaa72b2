/**
 * What Prometheus reads.
 *
 * Services, real servers and totals have the names and labels node_exporter gives the kernel's, so that
 * dashboards made for those fit; what only a director tells begins with `uipvs_`. The number of series is
 * bounded: services beyond it have none, and `uipvs_servers_without_series` says how many were left out.
 *
 * Source: node_exporter collector/ipvs_linux.go, names, labels and types.
 *
 * @module
 */
import { Counter, Gauge, Registry } from "prom-client";
import type { LiveServer, LiveService, LiveState } from "../live/index.ts";
import type { DirectorFacts } from "./api.ts";

/** Real servers that have series, five each. */
const MOST_SERVERS = 2000;

const SERVER_LABELS = [
  "local_address",
  "local_port",
  "remote_address",
  "remote_port",
  "proto",
  "local_mark",
] as const;

type ServerLabels = Record<(typeof SERVER_LABELS)[number], string>;

/** Returns Prometheus' text, and its content type. */
export async function metricsText(
  state: LiveState,
  facts: DirectorFacts,
): Promise<{ readonly text: string; readonly contentType: string }> {
  const registers = [new Registry()];
  const [registry] = registers;
  const total = (name: string, help: string, value: number): void => {
    new Counter({ name, help, registers }).inc(value);
  };
  const { counters } = state.totals;
  total(
    "node_ipvs_connections_total",
    "The total number of connections made.",
    counters.connections,
  );
  total(
    "node_ipvs_incoming_packets_total",
    "The total number of incoming packets.",
    counters.inPackets,
  );
  total(
    "node_ipvs_outgoing_packets_total",
    "The total number of outgoing packets.",
    counters.outPackets,
  );
  total("node_ipvs_incoming_bytes_total", "The total amount of incoming data.", counters.inBytes);
  total("node_ipvs_outgoing_bytes_total", "The total amount of outgoing data.", counters.outBytes);
  addServers(state.services, registers);
  const gauge = (name: string, help: string, value: number): void => {
    new Gauge({ name, help, registers }).set(value);
  };
  gauge("uipvs_connections", "Connections and templates the director has.", facts.connections);
  gauge("uipvs_uptime_seconds", "Time since the director began.", facts.uptime);
  const byName = (
    name: string,
    help: string,
    label: string,
    counts: DirectorFacts["drops"],
  ): void => {
    const counter = new Counter({ name, help, labelNames: [label], registers });
    for (const [value, count] of Object.entries(counts)) counter.inc({ [label]: value }, count);
  };
  byName("uipvs_packets_total", "Packets by what became of them.", "verdict", facts.packets);
  byName("uipvs_accepts_total", "Packets left to the host, by reason.", "reason", facts.accepts);
  byName("uipvs_drops_total", "Packets dropped, by reason.", "reason", facts.drops);
  return { text: await registry!.metrics(), contentType: registry!.contentType };
}

function addServers(services: readonly LiveService[], registers: Registry[]): void {
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name, help, labelNames: SERVER_LABELS, registers });
  const active = gauge(
    "node_ipvs_backend_connections_active",
    "The current active connections by local and remote address.",
  );
  const inactive = gauge(
    "node_ipvs_backend_connections_inactive",
    "The current inactive connections by local and remote address.",
  );
  const weight = gauge(
    "node_ipvs_backend_weight",
    "The current backend weight by local and remote address.",
  );
  let left = 0;
  let shown = 0;
  for (const service of services) {
    // A service is shown whole or not at all.
    if (shown + service.servers.length > MOST_SERVERS) {
      left += service.servers.length;
      continue;
    }
    shown += service.servers.length;
    for (const server of service.servers) {
      const labels = labelsOf(service, server);
      active.set(labels, server.active);
      inactive.set(labels, server.inactive);
      weight.set(labels, server.weight);
    }
  }
  new Gauge({
    name: "uipvs_servers_without_series",
    help: "Real servers beyond the bound on series.",
    registers,
  }).set(left);
}

function labelsOf(service: LiveService, server: LiveServer): ServerLabels {
  return {
    local_address: service.address ?? "",
    local_port: service.port === null ? "" : String(service.port),
    remote_address: server.address,
    remote_port: String(server.port),
    proto: service.protocol === null ? "FWM" : service.protocol.toUpperCase(),
    local_mark:
      service.fwmark === null ? "" : service.fwmark.toString(16).toUpperCase().padStart(8, "0"),
  };
}
