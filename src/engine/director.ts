/**
 * The director: packets in, verdicts out; commands in, listings out.
 *
 * One director is one kernel's ip_vs: its services, connections, variables and timers. It does no I/O and
 * knows no time but its clock's. Packets are decided in place, in their frame: after a verdict of `forward`
 * the frame holds what must be sent and `decision` to whom.
 *
 * @module
 */
import type { Clock, Ticks } from "../base/clock.ts";
import { IpvsError } from "../base/error.ts";
import { type Random, SeededRandom } from "../base/random.ts";
import { TCP } from "../net/protocol.ts";
import { Frame, HEADROOM } from "../wire/frame.ts";
import type {
  CounterValues,
  DaemonConfig,
  DaemonRole,
  DestinationConfig,
  DestinationId,
  DestinationStatus,
  EngineInfo,
  ServiceConfig,
  ServiceId,
  ServiceStatus,
  StatsSnapshot,
  TimeoutConfig,
} from "../wire/ipvs-objects.ts";
import { Configuration, type SchedulerRegistry } from "./configuration.ts";
import { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { type ConnectionRecord, connectionRecord } from "./connection-record.ts";
import { NO_CONNECTION } from "./connection-records.ts";
import { Decision } from "./decision.ts";
import { DEFENCE_MODES, Defence } from "./defence.ts";
import { DestinationRegistry } from "./destination-registry.ts";
import { type Emit, EngineState } from "./engine-state.ts";
import { EngineTime } from "./engine-time.ts";
import { Explainer } from "./explain/explainer.ts";
import type { Explanation } from "./explain/explanation.ts";
import { Trace, type TraceOptions } from "./explain/trace.ts";
import { FtpHelper } from "./helper/ftp.ts";
import type { Host } from "./host.ts";
import { IcmpErrors } from "./icmp-errors.ts";
import { LookAhead } from "./look-ahead.ts";
import { HOOK, type Hook, Packet, WHOLE } from "./packet.ts";
import { PacketPath } from "./packet-path.ts";
import { PeriodicJobs } from "./periodic-jobs.ts";
import { makePlainBeginning } from "./plain-beginning.ts";
import { makePlainWay } from "./plain-way.ts";
import { DEFAULT_PROFILE, type Profile } from "./profile.ts";
import { TCP_STATE } from "./protocol/tcp.ts";
import { ReplyHandler } from "./reply.ts";
import { RequestHandler } from "./request.ts";
import { ShortWay } from "./short-way.ts";
import type { SyncCounts } from "./sync/sync-counters.ts";
import { Synchronisation } from "./sync/synchronisation.ts";
import { type Setting, Variables } from "./variables.ts";
import { type ReasonName, VERDICT, type Verdict, type VerdictName } from "./verdict.ts";
import { VerdictCounters } from "./verdict-counters.ts";

/** IPVS 1.2.1, as the kernel reports it. */
const VERSION = 0x010201;
/** Buckets of the kernel's connection table by default; ours grows and reports the same. */
const CONNECTION_TABLE_SIZE = 4096;
/** Seconds between two estimations of the rates. */
const ESTIMATION_PERIOD = 2;
/** The longest time the kernel can keep in ticks. */
const MAX_TICKS = 2147483647;

/** What a director is made of. */
export interface DirectorOptions {
  /** Schedulers by name; the registry of `uipvs/schedulers` has them all. */
  readonly schedulers: SchedulerRegistry;
  readonly clock: Clock;
  readonly host: Host;
  /** Chance; seeded with 1 unless given. */
  readonly random?: Random;
  /** Kernel release to mirror; 6.1.192 unless given. */
  readonly profile?: Profile;
  /** Tick the kernel is at when the director is made: timers are rounded by it. 0 unless given. */
  readonly firstTick?: Ticks;
  /** Takes the ICMP errors the director sends; they go nowhere unless given. See also `emitTo`. */
  readonly emit?: Emit;
  /** Virtual ports, at most 8, on which masqueraded clients get the FTP helper; 21 unless given. */
  readonly ftpPorts?: readonly number[];
  /** Size of the host's memory in pages; 262144 (1 GiB) unless given. */
  readonly memoryPages?: number | undefined;
}

/** A packet to be explained. */
export interface ExplainOptions {
  /** Firewall mark, none unless given. */
  readonly mark?: number | undefined;
  /**
   * How it meets the director; unless given, as where all packets of a host pass it: what the host
   * sends, what is for it or has a mark, and all other packets as passing through.
   */
  readonly hook?: Hook | undefined;
  /** Whether to tell of every real server the scheduler looks at; so unless given. */
  readonly candidates?: boolean | undefined;
}

/** A port a helper watches. */
export interface HelperStatus {
  readonly name: string;
  readonly protocol: number;
  readonly port: number;
  /** Connections it follows there. */
  readonly useCount: number;
}

/** A balancing host. */
export class Director {
  /** What was decided about the last packet, and why. Overwritten by the next. */
  readonly decision = new Decision();
  readonly profile: Profile;
  readonly #clock: Clock;
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #configuration: Configuration;
  readonly #path: PacketPath;
  readonly #time: EngineTime;
  readonly #counters = new VerdictCounters();
  readonly #explainer: Explainer;
  readonly #synchronisation: Synchronisation;
  #emit: Emit;

  constructor(options: DirectorOptions) {
    const { clock, firstTick = 0, profile = DEFAULT_PROFILE } = options;
    const { ticksPerSecond } = profile;
    this.profile = profile;
    this.#clock = clock;
    this.#emit = options.emit ?? (() => {});
    const jobs = new PeriodicJobs(firstTick);
    const state = new EngineState({
      now: firstTick,
      profile,
      host: options.host,
      random: options.random ?? new SeededRandom(1),
      emit: (frame, family, nextHop) => this.#emit(frame, family, nextHop),
      ftpPorts: options.ftpPorts,
      variables: new Variables({ ticksPerSecond, memoryPages: options.memoryPages }),
    });
    this.#state = state;
    const destinations = new DestinationRegistry(profile, state.statsTable);
    const lifecycle = new ConnectionLifecycle(state, destinations);
    this.#lifecycle = lifecycle;
    this.#configuration = new Configuration(
      state,
      lifecycle,
      destinations,
      jobs,
      options.schedulers,
    );
    const defence = new Defence(state, lifecycle);
    state.variables.onChange((name) => {
      if ((DEFENCE_MODES as readonly string[]).includes(name)) defence.update();
    });
    const errors = new IcmpErrors(state, lifecycle);
    this.#path = this.#assemblePath(destinations, defence, errors);
    this.#explainer = new Explainer(state, lifecycle, defence, errors);
    this.#time = new EngineTime(clock, state, lifecycle, jobs);
    this.#synchronisation = new Synchronisation(state, lifecycle, jobs);
    jobs.every(firstTick, ESTIMATION_PERIOD * ticksPerSecond, () => this.#estimate());
    jobs.every(firstTick, ticksPerSecond, () => {
      defence.everySecond();
      this.#path.expireFragments();
    });
  }

  // Packets.

  /** Sends the director's own packets to `emit` from now on. */
  emitTo(emit: Emit): void {
    this.#emit = emit;
  }

  /**
   * Says which packets come next, the first `count` of a batch, so that the memory they need is at hand.
   * Changes nothing; to be called before the first of them is decided.
   */
  expect(batch: readonly Frame[], count: number): void {
    this.#path.expect(batch, count);
  }

  /** Decides about a packet from the network that is for this host. */
  localIn(frame: Frame): Verdict {
    return this.#path.localIn(frame);
  }

  /**
   * Decides about a packet this host is passing on to another. The host has lowered its TTL and compared
   * its length with the way's MTU before, as routers do.
   */
  forwarded(frame: Frame): Verdict {
    return this.#path.forwarded(frame);
  }

  /** Decides about a packet this host itself sends. */
  localOut(frame: Frame): Verdict {
    return this.#path.localOut(frame);
  }

  /**
   * Whether a host should put fragments of IPv6 packets together before it does anything else with them, as
   * Linux does for as long as there are IPv6 services. Fragments that come all the same are taken, too.
   */
  get wantsWholeIpv6(): boolean {
    return this.#state.servicesOfFamily[6] > 0;
  }

  /** Notes that the host dropped a packet before the director could see it, for a `REASON` number. */
  hostDropped(reason: number): Verdict {
    return this.#path.hostDropped(reason);
  }

  /**
   * Returns what would become of a packet and why, or `undefined` for what is no whole IP packet. Nothing
   * changes by it: what happens then is what would have happened.
   *
   * @param bytes a packet from its IP header on
   */
  explain(bytes: Uint8Array, options: ExplainOptions = {}): Explanation | undefined {
    const frame = new Frame(HEADROOM + bytes.length);
    frame.load(bytes);
    frame.mark = options.mark ?? 0;
    const packet = new Packet();
    if (packet.parse(frame, HOOK.localIn) !== WHOLE) return undefined;
    packet.hook = options.hook ?? this.#hookOf(packet);
    return this.#explainer.explain(packet, { candidates: options.candidates ?? true });
  }

  /** Follows packets from now on, until the trace is closed or nobody has taken from it for 15 s. */
  trace(options: TraceOptions): Trace {
    const trace = new Trace(
      {
        state: this.#state,
        lifecycle: this.#lifecycle,
        explainer: this.#explainer,
        clock: this.#clock,
        ended: (one) => this.#path.unfollow(one),
      },
      options,
    );
    this.#path.follow(trace);
    return trace;
  }

  /**
   * Lets the time pass that has passed on the clock: timers fire, rates are estimated.
   *
   * @param most connections seen to, any number unless given: where more are due at once, time stands
   *   still where they wait, and the next call goes on. Packets decided meanwhile meet them alive, as they
   *   meet those in a kernel whose timers wait to be run.
   */
  advance(most = Number.POSITIVE_INFINITY): void {
    this.#time.advance(most);
  }

  /** Returns the time on the clock at which something is due, in ms; Infinity for never. */
  nextDeadline(): number {
    return this.#time.nextDeadline();
  }

  /** Returns how many packets got their verdict for each reason. */
  counters(): Readonly<Record<ReasonName, number>> {
    return this.#counters.byReason();
  }

  /** Returns how many packets got each verdict. */
  verdicts(): Readonly<Record<VerdictName, number>> {
    return this.#counters.byVerdict();
  }

  /** Returns how many packets were dropped for each reason; reasons not seen are left out. */
  drops(): Readonly<Partial<Record<ReasonName, number>>> {
    return this.#counters.reasonsOf(VERDICT.drop);
  }

  /** Returns how many packets were left to the host for each reason; reasons not seen are left out. */
  accepts(): Readonly<Partial<Record<ReasonName, number>>> {
    return this.#counters.reasonsOf(VERDICT.accept);
  }

  // Commands; see the `Backend` they answer.

  info(): EngineInfo {
    return { version: VERSION, connectionTableSize: CONNECTION_TABLE_SIZE };
  }

  services(): readonly ServiceStatus[] {
    return this.#state.services.listed().map((service) => service.status());
  }

  /** @throws IpvsError ESRCH */
  service(id: ServiceId): ServiceStatus {
    return this.#configuration.service(id).status();
  }

  /** Destinations of a service, newest first; none for a service that does not exist. */
  destinations(id: ServiceId): readonly DestinationStatus[] {
    const service = this.#state.services.find(id);
    return service?.destinations.map((destination) => destination.status()) ?? [];
  }

  /** @throws IpvsError EEXIST, ENOENT, EINVAL */
  addService(id: ServiceId, config: ServiceConfig): void {
    this.#configuration.addService(id, config);
  }

  /** @throws IpvsError ESRCH, ENOENT, EINVAL */
  editService(id: ServiceId, config: ServiceConfig): void {
    this.#configuration.editService(id, config);
  }

  /** @throws IpvsError ESRCH */
  deleteService(id: ServiceId): void {
    this.#configuration.deleteService(id);
  }

  flush(): void {
    this.#configuration.flush();
  }

  /** @throws IpvsError ESRCH */
  zero(id?: ServiceId): void {
    this.#configuration.zero(id);
  }

  /** @throws IpvsError ESRCH, EINVAL, ERANGE, EEXIST */
  addDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): void {
    this.#configuration.addDestination(service, id, config);
  }

  /** @throws IpvsError ESRCH, EINVAL, ERANGE, ENOENT */
  editDestination(service: ServiceId, id: DestinationId, config: DestinationConfig): void {
    this.#configuration.editDestination(service, id, config);
  }

  /** @throws IpvsError ESRCH, ENOENT */
  deleteDestination(service: ServiceId, id: DestinationId): void {
    this.#configuration.deleteDestination(service, id);
  }

  timeouts(): TimeoutConfig {
    const { tcp, udp } = this.#state;
    return {
      tcp: tcp.timeouts[TCP_STATE.established]!,
      tcpFin: tcp.timeouts[TCP_STATE.finWait]!,
      udp: udp.timeouts[0]!,
    };
  }

  /**
   * Sets the timeouts that are not 0.
   *
   * @throws IpvsError EINVAL when one cannot be kept in ticks; none is set then
   */
  setTimeouts(timeouts: TimeoutConfig): void {
    const most = Math.floor(MAX_TICKS / this.profile.ticksPerSecond);
    for (const value of [timeouts.tcp, timeouts.tcpFin, timeouts.udp]) {
      if (value < 0 || value > most) {
        throw new IpvsError("EINVAL", `Cannot set a timeout of ${value} s: must be 0–${most}`);
      }
    }
    const { tcp, udp } = this.#state;
    if (timeouts.tcp !== 0) tcp.timeouts[TCP_STATE.established] = timeouts.tcp;
    if (timeouts.tcpFin !== 0) tcp.timeouts[TCP_STATE.finWait] = timeouts.tcpFin;
    if (timeouts.udp !== 0) udp.timeouts[0] = timeouts.udp;
  }

  /** Synchronisation daemons that run, the master first, with all their settings. */
  daemons(): readonly DaemonConfig[] {
    return this.#state.daemons.listed();
  }

  /** @throws IpvsError EINVAL, ENODEV, EEXIST, ENETUNREACH, or what the host refuses */
  startDaemon(config: DaemonConfig): void {
    this.#synchronisation.start(config);
  }

  /** @throws IpvsError ESRCH: no daemon of that role runs */
  stopDaemon(role: DaemonRole): void {
    this.#synchronisation.stop(role);
  }

  /** Returns what became of messages to and from other directors. */
  synchronisation(): SyncCounts {
    return this.#synchronisation.counters.counts();
  }

  /** Stops synchronisation daemons: the host is asked for nothing any more. */
  close(): void {
    this.#synchronisation.close();
  }

  // What the kernel shows in its status files and variables.

  /** Connections and templates there are. */
  get connectionCount(): number {
    return this.#state.connections.size;
  }

  /**
   * Yields all connections and templates, in the order of the table. Packets may be decided about while
   * they are taken: those there were in the beginning and still are come once each, and what else comes
   * is as it is at that moment.
   */
  *connections(): Generator<ConnectionRecord, void, undefined> {
    const walk = this.#state.connections.walk();
    for (let handle = walk.next(); handle !== NO_CONNECTION; handle = walk.next()) {
      yield connectionRecord(this.#state, this.#lifecycle, handle);
    }
  }

  /** Returns the ports helpers watch, and how many connections they follow there. */
  helpers(): readonly HelperStatus[] {
    return this.#state.ftp.ports.map(({ port, count }) => ({
      name: "ftp",
      protocol: TCP,
      port,
      useCount: count,
    }));
  }

  /** Returns counters and rates of everything together. */
  totals(): StatsSnapshot {
    return this.#state.stats.snapshot();
  }

  /** Returns the counters of everything as they are now, zeroing ignored. */
  liveTotals(): CounterValues {
    return this.#state.stats.live();
  }

  /** Returns all variables of net.ipv4.vs, in the order of their names. */
  sysctls(): readonly Setting[] {
    return this.#state.variables.list();
  }

  /** Returns the variables that have another value than in the beginning. */
  changedSysctls(): readonly Setting[] {
    return this.#state.variables.changed();
  }

  /**
   * Writes a variable as to the kernel's file.
   *
   * @throws IpvsError ENOENT for an unknown name, EINVAL for a value that is refused
   */
  setSysctl(name: string, value: string | number): void {
    this.setSysctls([{ name, value: String(value) }]);
  }

  /**
   * Writes variables one after the other: all, or none if one is refused.
   *
   * @throws IpvsError as `setSysctl` does
   */
  setSysctls(settings: Iterable<Setting>): void {
    this.#state.variables.write(settings);
  }

  /**
   * Returns the value of a variable as it is read, without a line end.
   *
   * @throws IpvsError ENOENT for an unknown name
   */
  sysctl(name: string): string {
    return this.#state.variables.read(name);
  }

  /** Whether any service has this virtual address. */
  hasVirtualAddress(family: 4 | 6, words: Readonly<Uint32Array>): boolean {
    return this.#state.services.hasAddress(family, words);
  }

  /** Makes what packets pass. */
  #assemblePath(
    destinations: DestinationRegistry,
    defence: Defence,
    errors: IcmpErrors,
  ): PacketPath {
    const { decision } = this;
    const state = this.#state;
    const lifecycle = this.#lifecycle;
    const counters = this.#counters;
    const helper = new FtpHelper(state, lifecycle);
    const lookAhead = new LookAhead(state.connections);
    const requests = new RequestHandler(state, lifecycle, defence, errors, helper, decision);
    const beginning = makePlainBeginning(state, defence, requests.scheduling, decision);
    const plainWay = makePlainWay(
      state,
      lifecycle,
      destinations,
      requests,
      beginning,
      lookAhead,
      decision,
      counters,
    );
    const shortWay = new ShortWay(state, lifecycle, requests.tunnel, decision);
    const replies = new ReplyHandler(state, lifecycle, errors, helper, decision);
    return new PacketPath({
      state,
      decision,
      counters,
      lookAhead,
      plainWay,
      shortWay,
      requests,
      replies,
    });
  }

  #hookOf(packet: Packet): Hook {
    const { host } = this.#state;
    if (host.isLocal(packet.family, packet.source)) return HOOK.localOut;
    const arrived = packet.mark !== 0 || host.isLocal(packet.family, packet.destination);
    return arrived ? HOOK.localIn : HOOK.forward;
  }

  #estimate(): void {
    if (this.#state.sysctls.run_estimation === 0) return;
    this.#state.statsTable.estimate();
  }
}
