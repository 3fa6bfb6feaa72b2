/**
 * One run over a capture: all its packets through all services of the rules, as `uipvs replay` has them decided,
 * and how one of the services shared out its connections.
 *
 * Open connections are those the director counts as active, looked at with every packet of the service.
 *
 * @module
 */
import type { Decision } from "../engine/decision.ts";
import type { Destination } from "../engine/destination.ts";
import { profileNamed } from "../engine/profile.ts";
import { REASON } from "../engine/verdict.ts";
import type { VirtualService } from "../engine/virtual-service.ts";
import type { Rules } from "../ipvsadm/rules-file.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { formatService } from "../replay/decision-line.ts";
import { Replay, type ReplayRun } from "../replay/replay.ts";
import { AS_CONFIGURED, type CaptureWorkload } from "./capture-workload.ts";
import { configuredService } from "./configured-service.ts";
import { Balance } from "./metrics/balance.ts";
import { Imbalance } from "./metrics/imbalance.ts";
import { type Figures, known, type ServerResult } from "./result.ts";

/** What a run over a capture gives. */
export interface CaptureResult {
  readonly figures: Figures;
  readonly servers: readonly ServerResult[];
}

/**
 * Runs a capture through the rules, with another scheduler for the service that is looked at.
 *
 * @param scheduler its name, or `AS_CONFIGURED` for the one of the rules
 * @throws what `Replay.prepare` and `configuredService` throw
 */
export async function runCapture(
  workload: CaptureWorkload,
  scheduler: string,
  run: Pick<ReplayRun, "onDecision" | "onProgress"> = {},
): Promise<CaptureResult> {
  const { capture, rules, service, seed, profile } = workload;
  const { name, servers } = await configuredService(rules, service);
  const replay = await Replay.prepare({
    input: capture,
    rules,
    seed,
    profile: profileNamed(profile),
    alter: (read) => (scheduler === AS_CONFIGURED ? read : withScheduler(read, name, scheduler)),
  });
  const weights = servers.map(({ config }) => config.weight);
  const watch = new ServiceWatch(name, weights);
  await replay.run({ ...run, onPacket: (decision, time) => watch.look(decision, time / 1000) });
  return watch.result(servers.map(({ id }) => formatEndpoint(id)));
}

/** Returns rules that name another scheduler for one service. */
function withScheduler(rules: Rules, name: string, scheduler: string): Rules {
  return {
    ...rules,
    rules: rules.rules.map((rule) => {
      const { change } = rule;
      if (change.verb !== "add-service" && change.verb !== "edit-service") return rule;
      if (formatService(change.id) !== name) return rule;
      return { ...rule, change: { ...change, config: { ...change.config, scheduler } } };
    }),
  };
}

/** Follows one service through a capture. */
class ServiceWatch {
  readonly #name: string;
  readonly #weights: readonly number[];
  readonly #balance: Balance;
  readonly #imbalance: Imbalance;
  /** Active connections of each server when they were looked at last. */
  readonly #open: number[];
  #service: VirtualService | undefined;
  /** In the order they were added. */
  #destinations: readonly Destination[] = [];
  #connections = 0;
  #refused = 0;
  #templates = 0;
  #last = 0;

  constructor(name: string, weights: readonly number[]) {
    this.#name = name;
    this.#weights = weights;
    this.#balance = new Balance(weights.length);
    this.#balance.setWeights(weights);
    this.#imbalance = new Imbalance(weights.length);
    this.#imbalance.setWeights(weights, 0);
    this.#open = weights.map(() => 0);
  }

  /** @param now seconds since the capture's first packet */
  look(decision: Decision, now: number): void {
    this.#last = now;
    const { service } = decision;
    if (service === undefined || !this.#isWatched(service)) return;
    if (decision.isNew && decision.destination !== undefined) {
      this.#connections++;
      this.#balance.choose(this.#destinations.indexOf(decision.destination));
    } else if (decision.reason === REASON["no-destination"]) {
      this.#refused++;
    }
    this.#lookAtServers(now);
  }

  result(names: readonly string[]): CaptureResult {
    this.#imbalance.stop(this.#last);
    const { maxOverAverage, variation, jain } = this.#balance.evenness();
    const fair = this.#balance.fair();
    const part = (count: number) => (this.#connections === 0 ? 0 : count / this.#connections);
    return {
      figures: {
        connections: this.#connections,
        maxOverAverage: known(maxOverAverage),
        variation: known(variation),
        jain: known(jain),
        imbalance: known(this.#imbalance.average),
        refused: this.#refused,
        templates: this.#service?.persistent === true ? this.#templates : null,
      },
      servers: names.map((name, server) => {
        const connections = this.#balance.chosen[server]!;
        return {
          server,
          name,
          weight: this.#weights[server]!,
          connections,
          share: part(connections),
          fairShare: part(fair[server]!),
        };
      }),
    };
  }

  #isWatched(service: VirtualService): boolean {
    if (this.#service === undefined && formatService(service.id) === this.#name) {
      this.#service = service;
      // Newest first in the engine.
      this.#destinations = [...service.destinations].reverse();
      this.#imbalance.start(this.#last);
    }
    return service === this.#service;
  }

  #lookAtServers(now: number): void {
    let templates = 0;
    this.#destinations.forEach(({ activeConnections, persistentConnections }, server) => {
      templates += persistentConnections;
      for (; this.#open[server]! < activeConnections; this.#open[server]!++) {
        this.#imbalance.change(server, 1, now);
      }
      for (; this.#open[server]! > activeConnections; this.#open[server]!--) {
        this.#imbalance.change(server, -1, now);
      }
    });
    this.#templates = Math.max(this.#templates, templates);
  }
}
