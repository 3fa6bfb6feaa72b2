/**
 * The last step of every packet that leaves a small host: fragmentation, and the interface.
 *
 * Source: linux ip_output.c `ip_finish_output`, `ip_fragment`; ipv6/ip6_output.c `ip6_fragment`.
 *
 * @module
 */
import type { Random } from "../base/random.ts";
import type { AddressWords, Family } from "../net/address.ts";
import { Frame } from "../wire/frame.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { Ipv4Fragmenter } from "../wire/ipv4-fragmenter.ts";
import { Ipv6Fragmenter } from "../wire/ipv6-fragmenter.ts";
import type { HostDrop } from "./drops.ts";
import type { RouteEntry } from "./routing.ts";

/** A packet that leaves; the record and its frame are valid during the call only. */
export interface Departure {
  /** Name of the interface. */
  interface: string;
  nextHopFamily: Family;
  /** Neighbour that gets it: a router, or the destination itself. */
  readonly nextHop: AddressWords;
  frame: Frame;
}

/**
 * Where a packet comes from: another host, this host, or a director that has decided where it goes.
 *
 * An IPv6 packet that only passes may not be cut, unless it came in pieces; what a director sends on may be
 * cut even where it forbids it.
 */
export type Origin = "passing" | "own" | "decided";

/** Sends the packets of one host. */
export class Output {
  readonly #depart: (departure: Departure) => void;
  readonly #fragmenter4 = new Ipv4Fragmenter(false);
  readonly #fragmenter6 = new Ipv6Fragmenter();
  readonly #piece = new Frame();
  readonly #departure: Departure;
  #id: number;

  /** @param random where the identifications of IPv6 fragments begin */
  constructor(depart: (departure: Departure) => void, random?: Random) {
    this.#depart = depart;
    this.#id = random?.uint32() ?? 0;
    this.#departure = {
      interface: "",
      nextHopFamily: 4,
      nextHop: new Uint32Array(4),
      frame: this.#piece,
    };
  }

  /**
   * Sends a packet by a route that is neither local nor refuses.
   *
   * @param family of `nextHop`
   * @param nextHop neighbour that gets it where the route names none
   * @param mtu largest packet the way takes, in bytes
   * @param origin where it comes from, which decides whether it may be cut
   * @returns why it did not leave, or `undefined`
   */
  send(
    frame: Frame,
    route: RouteEntry,
    family: Family,
    nextHop: Readonly<AddressWords>,
    mtu: number,
    origin: Origin,
  ): HostDrop | undefined {
    if (!route.device.up) return "interface-down";
    const departure = this.#departure;
    departure.interface = route.device.name;
    departure.nextHopFamily = route.via?.family ?? family;
    departure.nextHop.set(route.via?.words ?? nextHop);
    const { view, start } = frame;
    const v6 = ipv4.version(view, start) === 6;
    const limit = frame.fragmentSize > 0 ? Math.min(mtu, frame.fragmentSize) : mtu;
    if (frame.length <= limit) {
      departure.frame = frame;
      this.#depart(departure);
      return undefined;
    }
    const inPieces = frame.fragmentSize > 0;
    if (v6) {
      const fits = inPieces ? frame.fragmentSize <= mtu : origin !== "passing";
      return fits ? this.#cut6(frame, limit) : "too-big";
    }
    const mayCut = inPieces ? frame.fragmentSize <= mtu : origin === "decided";
    return mayCut || !ipv4.dontFragment(view, start) ? this.#cut4(frame, limit) : "too-big";
  }

  #cut4(frame: Frame, limit: number): HostDrop | undefined {
    const { bytes } = this.#fragmenter4;
    const done = this.#fragmenter4.cut(
      frame.view,
      frame.start,
      limit,
      (length) => this.#sendPiece(frame, bytes, length),
      frame.fragmentsDontFragment,
    );
    return done ? undefined : "cannot-fragment";
  }

  #cut6(frame: Frame, limit: number): HostDrop | undefined {
    const { bytes } = this.#fragmenter6;
    this.#id = (this.#id + 1) >>> 0;
    const done = this.#fragmenter6.cut(frame.view, frame.start, limit, this.#id, (length) =>
      this.#sendPiece(frame, bytes, length),
    );
    return done ? undefined : "cannot-fragment";
  }

  #sendPiece(whole: Frame, bytes: Uint8Array, length: number): boolean {
    const piece = this.#piece;
    piece.reset();
    piece.bytes.set(bytes.subarray(0, length), piece.start);
    piece.end = piece.start + length;
    piece.mark = whole.mark;
    piece.time = whole.time;
    this.#departure.frame = piece;
    this.#depart(this.#departure);
    return true;
  }
}
