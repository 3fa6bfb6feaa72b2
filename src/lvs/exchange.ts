/**
 * Exchanges of clients with a service, packet by packet: both ends are played, the director is in between.
 *
 * Answers of a real server that packets are translated for go back through the director; those of all others
 * go straight to the client, as in direct routing and tunnelling.
 *
 * @module
 */
import type { Family } from "../net/address.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { ICMP, ICMPV6 } from "../net/protocol.ts";
import type { PacketSpec } from "../scenario/packet-spec.ts";
import { chunkType } from "../scenario/sctp-chunks.ts";
import { ACK, FIN, PSH, RST, SYN } from "../wire/tcp.ts";
import type { Departure } from "./departure.ts";
import type { End } from "./expectation.ts";
import type { RealServers } from "./real-server.ts";
import type { ExchangeProtocol } from "./script.ts";

/** Interfaces of the standard topology. */
const CLIENT_SIDE = "c0";
const SERVER_SIDE = "r0";

const REQUEST = new TextEncoder().encode("request");

/** What came of a packet put on a wire. */
export interface Effect {
  readonly departures: readonly Departure[];
  /** Why it went on or did not; absent where the bed does not tell. */
  readonly reasons?: readonly string[];
}

/** Puts packets on the wires of a bed. */
export interface Wire {
  send(device: string, packet: PacketSpec, mark?: number): Promise<Effect>;
}

/** How an exchange ended. */
export type Ending =
  | { readonly how: "answered" | "unanswered" | "reset" }
  | { readonly how: "icmp"; readonly error: IcmpKind };

/** An ICMP error. */
export interface IcmpKind {
  readonly family: Family;
  readonly type: number;
  readonly code: number;
}

/** An exchange, as far as it has come. */
export interface Outcome {
  readonly client: Endpoint;
  readonly ending: Ending;
  /** The real server its first packet came to, if it came to one. */
  readonly server: End | undefined;
  /** What came of its first packet. */
  readonly first: Effect;
}

/** What the client gets to hear. */
type Heard =
  | { readonly kind: "tcp"; readonly flags: number }
  | { readonly kind: "sctp"; readonly chunk: number }
  | { readonly kind: "udp" }
  | ({ readonly kind: "icmp" } & IcmpKind);

const ANSWERED: Ending = { how: "answered" };

const CHUNK = (name: string): number => chunkType(name)!;
const ABORT = CHUNK("ABORT");
/** What a client of SCTP says, in order, and what it waits for after each. */
const SCTP_OPENING = [
  [CHUNK("INIT"), CHUNK("INIT_ACK")],
  [CHUNK("COOKIE_ECHO"), CHUNK("COOKIE_ACK")],
] as const;
const SCTP_REQUEST = [CHUNK("DATA"), CHUNK("SACK")] as const;
const SCTP_CLOSING = [CHUNK("SHUTDOWN"), CHUNK("SHUTDOWN_ACK")] as const;
const SHUTDOWN_COMPLETE = CHUNK("SHUTDOWN_COMPLETE");

/** One client's exchange with a service. */
export class Exchange {
  readonly #wire: Wire;
  readonly #servers: RealServers;
  readonly #client: Endpoint;
  readonly #to: Endpoint;
  readonly #protocol: ExchangeProtocol;
  readonly #mark: number | undefined;
  #first: Effect | undefined;
  #server: End | undefined;
  #ending: Ending = ANSWERED;

  constructor(
    wire: Wire,
    servers: RealServers,
    flow: { readonly client: Endpoint; readonly to: Endpoint; readonly protocol: ExchangeProtocol },
    mark: number | undefined,
  ) {
    this.#wire = wire;
    this.#servers = servers;
    this.#client = flow.client;
    this.#to = flow.to;
    this.#protocol = flow.protocol;
    this.#mark = mark;
  }

  outcome(): Outcome {
    const first = this.#first ?? { departures: [] };
    return { client: this.#client, ending: this.#ending, server: this.#server, first };
  }

  /** Opens a connection. */
  async open(): Promise<void> {
    if (this.#protocol === "sctp") {
      for (const [said, wanted] of SCTP_OPENING) await this.#chunk(said, wanted);
      return;
    }
    await this.#segment(SYN, (flags) => (flags & (SYN | ACK)) === (SYN | ACK));
    if (this.#fails) return;
    await this.#round(this.#tcp(ACK));
  }

  /** Sends a request and waits for the answer. */
  async request(): Promise<void> {
    if (this.#fails) return;
    switch (this.#protocol) {
      case "tcp":
        await this.#segment(PSH | ACK, (flags) => (flags & PSH) !== 0, REQUEST);
        return;
      case "sctp":
        await this.#chunk(...SCTP_REQUEST);
        return;
      case "udp":
        this.#judge(
          await this.#round({ protocol: "udp", ...this.#ends, payload: REQUEST }),
          ({ kind }) => kind === "udp",
        );
    }
  }

  /** Closes the connection from the client's side. */
  async close(): Promise<void> {
    if (this.#fails || this.#protocol === "udp") return;
    if (this.#protocol === "sctp") {
      await this.#chunk(...SCTP_CLOSING);
      if (!this.#fails) await this.#round(this.#sctp(SHUTDOWN_COMPLETE));
      return;
    }
    await this.#segment(FIN | ACK, (flags) => (flags & FIN) !== 0);
    if (!this.#fails) await this.#round(this.#tcp(ACK));
  }

  get #fails(): boolean {
    return this.#ending.how !== "answered";
  }

  get #ends() {
    return { from: this.#client, to: this.#to };
  }

  #tcp(flags: number, payload?: Uint8Array): PacketSpec {
    return { protocol: "tcp", ...this.#ends, flags, ...(payload && { payload }) };
  }

  #sctp(chunk: number): PacketSpec {
    return { protocol: "sctp", ...this.#ends, chunks: [chunk] };
  }

  async #segment(
    flags: number,
    isAnswer: (flags: number) => boolean,
    payload?: Uint8Array,
  ): Promise<void> {
    const heard = await this.#round(this.#tcp(flags, payload));
    this.#judge(heard, (each) => each.kind === "tcp" && isAnswer(each.flags));
  }

  async #chunk(said: number, wanted: number): Promise<void> {
    if (this.#fails) return;
    const heard = await this.#round(this.#sctp(said));
    this.#judge(heard, (each) => each.kind === "sctp" && each.chunk === wanted);
  }

  /** Notes how the exchange ends, unless it was answered. */
  #judge(heard: readonly Heard[], isAnswer: (heard: Heard) => boolean): void {
    if (heard.some(isAnswer)) return;
    this.#ending = heard.map(endingOf).find((ending) => ending !== undefined) ?? {
      how: "unanswered",
    };
  }

  /** Sends a packet of the client's, and returns what the client hears of it. */
  async #round(packet: PacketSpec): Promise<readonly Heard[]> {
    const effect = await this.#wire.send(CLIENT_SIDE, packet, this.#mark);
    if (this.#first === undefined) {
      this.#first = effect;
      this.#server = effect.departures.find(({ server }) => server !== undefined)?.server;
    }
    const heard: Heard[] = [];
    for (const departure of effect.departures) await this.#arrive(departure, heard);
    return heard;
  }

  async #arrive(departure: Departure, heard: Heard[]): Promise<void> {
    if (departure.server === undefined) {
      const said = heardPacket(departure);
      if (said !== undefined) heard.push(said);
      return;
    }
    const answer = this.#servers.answer(departure);
    if (answer === undefined) return;
    if (departure.method !== "nat") {
      const said = heardSpec(answer);
      if (said !== undefined) heard.push(said);
      return;
    }
    const { departures } = await this.#wire.send(SERVER_SIDE, answer);
    for (const back of departures) await this.#arrive(back, heard);
  }
}

function endingOf(heard: Heard): Ending | undefined {
  switch (heard.kind) {
    case "tcp":
      return (heard.flags & RST) === 0 ? undefined : { how: "reset" };
    case "sctp":
      return heard.chunk === ABORT ? { how: "reset" } : undefined;
    case "icmp": {
      const { family, type, code } = heard;
      return { how: "icmp", error: { family, type, code } };
    }
    case "udp":
      return undefined;
  }
}

function heardPacket({ packet, isError }: Departure): Heard | undefined {
  const { protocol, family, icmp, flags, chunk } = packet;
  if (protocol === ICMP || protocol === ICMPV6) {
    if (!isError || icmp === undefined) return undefined;
    return { kind: "icmp", family, type: icmp[0], code: icmp[1] };
  }
  if (chunk >= 0) return { kind: "sctp", chunk };
  return flags > 0 ? { kind: "tcp", flags } : { kind: "udp" };
}

function heardSpec(spec: PacketSpec): Heard | undefined {
  switch (spec.protocol) {
    case "tcp":
      return { kind: "tcp", flags: spec.flags };
    case "udp":
      return { kind: "udp" };
    case "sctp":
      return { kind: "sctp", chunk: spec.chunks[0]! };
    case "icmp":
      return { kind: "icmp", family: spec.from.family, type: spec.type, code: spec.code };
    case "ip":
      return undefined;
  }
}
