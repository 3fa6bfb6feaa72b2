/**
 * One run: connections arrive, are scheduled by the real engine, are served and end, in virtual time.
 *
 * Of every connection the director gets the first packets and the last, and one now and then in between; of
 * all open ones another after each happening, to see who still reaches the server it was on. A connection is
 * broken when it no longer does. It occupies its server until its end; the director, which sees packets only,
 * remembers it as long as the kernel's timeouts say.
 *
 * @module
 */
import { maglevShares } from "../../schedulers/mh.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { arrivals } from "./arrivals.ts";
import { bareService } from "./bare-service.ts";
import { Clients } from "./clients.ts";
import { DirectorPair } from "./director-pair.ts";
import { durations } from "./durations.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Balance, evenness } from "./metrics/balance.ts";
import { leastMoved, mapping, moved } from "./metrics/disruption.ts";
import { FloodWatch } from "./metrics/flood.ts";
import { Imbalance } from "./metrics/imbalance.ts";
import { Quantiles } from "./metrics/quantiles.ts";
import { type Member, NOBODY, type Pool, serverId } from "./pool.ts";
import {
  CAUSES,
  type Cause,
  type EventResult,
  type Figures,
  known,
  type ServerResult,
} from "./result.ts";
import { ServerQueues } from "./server-queues.ts";
import { Stream } from "./stream.ts";
import { type Happening, type Scheduled, timeline } from "./timeline.ts";
import { type ServerSpec, serverSpecs, type Workload } from "./workload.ts";

/** Numbers of the streams of chance. */
const STREAM = { arrivals: 1, clients: 2, durations: 3, talk: 4, removals: 5 } as const;
/** Arrivals between two reports of progress, and between two looks at the number of templates. */
const PROGRESS_STEP = 8192;
/** Tries of a client to find a port the director has no connection of. */
const PORT_TRIES = 64;

/** An event under way: its broken connections are known, its flood is being watched. */
interface OpenEvent {
  readonly result: EventResult;
  readonly flood: FloodWatch | undefined;
}

/** What a run gives, timing apart. */
export interface SimulationResult {
  readonly figures: Figures;
  readonly servers: readonly ServerResult[];
  readonly events: readonly EventResult[];
}

/** A run of one scheduler. */
export class Simulation {
  readonly #workload: Workload;
  readonly #scheduler: string;
  readonly #specs: readonly ServerSpec[];
  readonly #clients: Clients;
  readonly #nextArrival: () => number;
  readonly #nextDuration: () => number;
  readonly #talk: Stream;
  readonly #removals: Stream;
  readonly #queues: ServerQueues;
  readonly #timeline: readonly Scheduled[];
  readonly #pair: DirectorPair;
  /** The director that serves. */
  #pool: Pool;
  #done = 0;

  // One entry a connection, by its number.
  readonly #address: Uint32Array;
  readonly #port: Uint16Array;
  readonly #server: Int32Array;
  readonly #begun: Float64Array;
  readonly #work: Float64Array;
  readonly #open: Uint8Array;
  readonly #keepAlive: KeepAlive;
  #count = 0;
  #openCount = 0;

  readonly #balance: Balance;
  readonly #imbalance: Imbalance;
  readonly #latency: Quantiles;
  readonly #slowdown: Quantiles;
  readonly #events: OpenEvent[] = [];
  readonly #broken = new Map<Cause, number>(CAUSES.map((cause) => [cause, 0]));
  readonly #crashed: Uint8Array;
  #mapping: { readonly members: readonly Member[]; readonly servers: Int32Array } | undefined;
  #refused = 0;
  #hits = 0;
  #templates = 0;

  constructor(workload: Workload, scheduler: string) {
    const { connections, seed } = workload;
    this.#workload = workload;
    this.#scheduler = scheduler;
    this.#specs = serverSpecs(workload);
    this.#clients = new Clients(workload.clients, new Stream(seed, STREAM.clients));
    this.#nextArrival = arrivals(workload.arrivals, new Stream(seed, STREAM.arrivals));
    this.#nextDuration = durations(workload.durations, new Stream(seed, STREAM.durations));
    this.#talk = new Stream(seed, STREAM.talk);
    this.#removals = new Stream(seed, STREAM.removals);
    this.#queues = new ServerQueues(this.#specs);
    this.#timeline = timeline(workload);
    this.#address = new Uint32Array(connections);
    this.#port = new Uint16Array(connections);
    this.#server = new Int32Array(connections);
    this.#begun = new Float64Array(connections);
    this.#work = new Float64Array(connections);
    this.#open = new Uint8Array(connections);
    this.#keepAlive = new KeepAlive(this.#begun);
    this.#balance = new Balance(this.#specs.length);
    this.#imbalance = new Imbalance(this.#specs.length, workload.wholeAverage);
    this.#latency = new Quantiles(connections);
    this.#slowdown = new Quantiles(connections);
    this.#crashed = new Uint8Array(this.#specs.length);
    const first = this.#specs.filter(({ spare }) => !spare);
    this.#pair = new DirectorPair(
      workload,
      scheduler,
      first.map((spec) => ({ spec, weight: spec.weight })),
    );
    this.#pool = this.#pair.active;
    this.#weightsChanged(0);
    if (this.#timeline.length > 0) this.#mapping = this.#map();
  }

  /** Runs to the end. @param onProgress told now and then how many connections have begun */
  run(onProgress: (connections: number) => void = () => {}): SimulationResult {
    const { connections, warmup } = this.#workload;
    const warm = Math.floor(connections * warmup);
    let arrival = this.#nextArrival();
    while (this.#count < connections) {
      const departure = this.#queues.deadline;
      const happening = this.#timeline[this.#done]?.at ?? Number.POSITIVE_INFINITY;
      const call = this.#keepAlive.deadline;
      const now = Math.min(arrival, departure, happening, call);
      this.#pair.advance(now);
      if (now === departure) this.#end(true, warm, now);
      else if (now === happening) this.#happen(this.#timeline[this.#done++]!.what, now);
      else if (now === call) this.#call(now);
      else {
        if (this.#count === warm) this.#imbalance.start(now);
        this.#arrive(now);
        if (this.#count % PROGRESS_STEP === 0) {
          this.#lookAtTemplates();
          onProgress(this.#count);
        }
        arrival = this.#nextArrival();
        if (this.#count === connections) this.#imbalance.stop(now);
      }
    }
    // Nobody chooses any more: the rest ends without telling the director.
    for (let now = this.#queues.deadline; now < Number.POSITIVE_INFINITY; ) {
      this.#end(false, warm, now);
      now = this.#queues.deadline;
    }
    this.#lookAtTemplates();
    onProgress(this.#count);
    return this.#result();
  }

  #arrive(now: number): void {
    const client = this.#clients.next();
    const address = this.#clients.address(client);
    const work = this.#nextDuration();
    const { persistence } = this.#workload;
    let port = 0;
    let server = NOBODY;
    let entries = 0;
    // A client takes no port that has a connection; the director may remember one the client does not.
    for (let tries = 0; tries < PORT_TRIES; tries++) {
      port = this.#clients.port(client);
      if (persistence !== undefined) entries = this.#pool.entries;
      server = this.#pool.open(address, port);
      if (server === NOBODY || this.#pool.isNew) break;
    }
    const number = this.#count++;
    this.#begun[number] = now;
    this.#keepAlive.added();
    if (server === NOBODY) {
      this.#refused++;
      return;
    }
    if (persistence !== undefined && this.#pool.entries - entries < 2) this.#hits++;
    for (let sent = 1; sent < this.#workload.firstPackets; sent++) this.#pool.talk(address, port);
    this.#balance.choose(server);
    for (const { flood } of this.#events) flood?.choose(server);
    this.#address[number] = address;
    this.#port[number] = port;
    this.#server[number] = server;
    this.#work[number] = work;
    if (this.#crashed[server] === 1) {
      this.#break("crashed");
      return;
    }
    this.#open[number] = 1;
    this.#openCount++;
    this.#queues.push(server, number, work, now);
    this.#imbalance.change(server, 1, now);
  }

  #end(tell: boolean, warm: number, now: number): void {
    const number = this.#queues.pop();
    const server = this.#server[number]!;
    if (tell) {
      this.#pool.close(this.#address[number]!, this.#port[number]!);
      this.#imbalance.change(server, -1, now);
    }
    this.#open[number] = 0;
    this.#openCount--;
    if (number < warm) return;
    const latency = now - this.#begun[number]!;
    this.#latency.add(latency);
    const work = this.#work[number]!;
    if (work > 0) this.#slowdown.add((latency * this.#specs[server]!.speed) / work);
  }

  #call(now: number): void {
    const number = this.#keepAlive.take();
    if (this.#open[number] === 0) return;
    this.#pool.talk(this.#address[number]!, this.#port[number]!);
    this.#keepAlive.again(number, now);
  }

  #happen(what: Happening, now: number): void {
    const open = this.#openCount;
    const server = "server" in what ? (what.server ?? null) : null;
    const comes = this.#apply(what, now);
    const broken = this.#probe(what, now);
    const before = this.#mapping;
    const changed = what.action !== "crash" && what.action !== "failover";
    if (changed) {
      this.#weightsChanged(now);
      this.#mapping = this.#map();
    }
    const after = this.#mapping;
    const compared = changed && before !== undefined && after !== undefined;
    this.#events.push({
      result: {
        at: now,
        action: what.action,
        server,
        moved: compared ? moved(before.servers, after.servers) : null,
        leastMoved: compared ? leastMoved(before.members, after.members) : null,
        broken,
        open,
        flood: null,
      },
      flood:
        comes && server !== null
          ? new FloodWatch(server, this.#balance.fairShare(server))
          : undefined,
    });
  }

  /** Does it to the director and the servers; returns whether a server came. */
  #apply(what: Happening, now: number): boolean {
    const pool = this.#pool;
    const pair = this.#pair;
    switch (what.action) {
      case "add":
        return this.#bring(what.server, what.weight ?? this.#specs[what.server]!.weight);
      case "return":
        this.#crashed[what.server] = 0;
        return this.#bring(what.server, this.#specs[what.server]!.weight);
      case "reweight":
        if (pool.has(what.server)) pair.reweight(what.server, what.weight);
        return false;
      case "drain":
        if (pool.has(what.server)) pair.reweight(what.server, 0);
        return false;
      case "crash":
        this.#crashed[what.server] = 1;
        return false;
      case "detect":
        // It may have come back before anybody noticed.
        if (this.#crashed[what.server] === 0) return false;
        if (pool.has(what.server)) pair.remove(what.server);
        return false;
      case "remove":
        for (const server of this.#leaving(what.server, what.count)) pair.remove(server);
        return false;
      case "failover":
        this.#pair.failOver(now);
        this.#pool = this.#pair.active;
        return false;
    }
  }

  /** Returns the servers that are removed at once: the first, if there is one told, and others chosen by chance. */
  #leaving(first: number | undefined, count: number): readonly number[] {
    const there = this.#pool.members.map(({ spec }) => spec.number);
    if (first !== undefined && !there.includes(first)) return [];
    const leaving = first === undefined ? [] : [first];
    const others = there.filter((server) => server !== first);
    while (leaving.length < count && others.length > 0) {
      leaving.push(...others.splice(this.#removals.random.below(others.length), 1));
    }
    return leaving;
  }

  /** Adds a server, or gives a drained one its weight back; returns whether it was not chosen before. */
  #bring(server: number, weight: number): boolean {
    if (!this.#pool.has(server)) {
      this.#pair.add(this.#specs[server]!, weight);
      return true;
    }
    const drained = this.#pool.members.find(({ spec }) => spec.number === server)?.weight === 0;
    this.#pair.reweight(server, weight);
    return drained;
  }

  /** Sends a packet of every open connection, ends those that no longer reach their server, counts them. */
  #probe({ action }: Happening, now: number): number {
    let broken = 0;
    for (const number of this.#shuffledOpen()) {
      const server = this.#server[number]!;
      if (this.#crashed[server] === 1) {
        this.#break("crashed");
      } else {
        const reached = this.#pool.talk(this.#address[number]!, this.#port[number]!);
        if (reached === server) continue;
        if (reached !== NOBODY) this.#break("moved");
        else this.#break(action === "failover" ? "forgotten" : "removed");
      }
      broken++;
      this.#open[number] = 0;
      this.#openCount--;
      this.#queues.remove(server, number, now);
      this.#imbalance.change(server, -1, now);
    }
    return broken;
  }

  /** Open connections in the order their clients happen to talk. */
  #shuffledOpen(): Uint32Array {
    const numbers = new Uint32Array(this.#openCount);
    let length = 0;
    for (let number = 0; number < this.#count; number++) {
      if (this.#open[number] === 0) continue;
      const place = this.#talk.random.below(length + 1);
      numbers[length++] = numbers[place]!;
      numbers[place] = number;
    }
    return numbers;
  }

  #break(cause: Cause): void {
    this.#broken.set(cause, this.#broken.get(cause)! + 1);
  }

  #weightsChanged(now: number): void {
    const weights = new Float64Array(this.#specs.length);
    for (const { spec, weight } of this.#pool.members) weights[spec.number] = weight;
    this.#balance.setWeights(weights);
    this.#imbalance.setWeights(weights, now);
  }

  #map() {
    const { disruptionClients } = this.#workload;
    if (disruptionClients === 0) return undefined;
    const { members } = this.#pool;
    const servers = mapping(
      this.#workload,
      this.#scheduler,
      members,
      this.#clients,
      disruptionClients,
    );
    return { members, servers };
  }

  #lookAtTemplates(): void {
    if (this.#workload.persistence === undefined) return;
    this.#templates = Math.max(this.#templates, this.#pool.templates);
  }

  #result(): SimulationResult {
    const events = this.#events.map(({ result, flood }) => ({
      ...result,
      flood: flood === undefined ? null : known(flood.ratio),
    }));
    const { connections, persistence } = this.#workload;
    const { maxOverAverage, variation, jain } = this.#balance.evenness();
    const compared = events.filter((event) => event.moved !== null);
    const floods = events.flatMap(({ flood }) => (flood === null ? [] : [flood]));
    const broken = Object.fromEntries(
      [...this.#broken].map(([cause, count]) => [`broken.${cause}`, count]),
    );
    const sum = (values: readonly (number | null)[]) =>
      values.reduce<number>((total, value) => total + (value ?? 0), 0);
    const scheduled = connections - this.#refused;
    return {
      figures: {
        maxOverAverage: known(maxOverAverage),
        variation: known(variation),
        jain: known(jain),
        imbalance: known(this.#imbalance.average),
        slots: this.#scheduler === "mh" ? known(tableEvenness(this.#workload)) : null,
        refused: this.#refused,
        broken: sum(Object.values(broken)),
        ...broken,
        moved: known(sum(compared.map((event) => event.moved)) / compared.length),
        leastMoved: known(sum(compared.map((event) => event.leastMoved)) / compared.length),
        flood: floods.length === 0 ? null : Math.max(...floods),
        persistenceHits: persistence === undefined ? null : known(this.#hits / scheduled),
        templates: persistence === undefined ? null : this.#templates,
        "latency.p50": known(this.#latency.at(0.5)),
        "latency.p90": known(this.#latency.at(0.9)),
        "latency.p99": known(this.#latency.at(0.99)),
        "latency.p99.9": known(this.#latency.at(0.999)),
        "slowdown.mean": known(this.#slowdown.mean),
        "slowdown.p99": known(this.#slowdown.at(0.99)),
      },
      servers: this.#serverResults(scheduled),
      events,
    };
  }

  #serverResults(scheduled: number): readonly ServerResult[] {
    const fair = this.#balance.fair();
    return this.#specs.map((spec) => {
      const { number, weight } = spec;
      const connections = this.#balance.chosen[number]!;
      return {
        server: number,
        ...(spec.address !== undefined && { name: formatEndpoint(serverId(spec)) }),
        weight,
        connections,
        share: scheduled === 0 ? 0 : connections / scheduled,
        fairShare: scheduled === 0 ? 0 : fair[number]! / scheduled,
      };
    });
  }
}

/** How even the table of `mh` is by weight in the beginning: the fullest share over the average. */
function tableEvenness(workload: Workload): number {
  const service = bareService(workload);
  const shares = maglevShares(service, workload.mhTable);
  const weighed = service.destinations.flatMap(({ weight }, at) =>
    weight === 0 ? [] : [shares[at]! / weight],
  );
  return evenness(weighed).maxOverAverage;
}
