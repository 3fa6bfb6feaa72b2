/**
 * A director on a wire in memory, with a clock that stands still until told.
 *
 * @module
 */
import { MemoryDevice, type SentPacket } from "../../dataplane/memory.ts";
import { Pump, type Witness } from "../../dataplane/pump.ts";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Director, type DirectorOptions } from "../../src/engine/director.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { parseAddress } from "../../src/net/address.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";

export const VIP = "10.0.0.100";
export const VIP6 = "2001:db8:c::100";

type ProtocolName = "tcp" | "udp" | "sctp";
type ServiceChanges = Parameters<typeof serviceConfig>[0];
type DestinationChanges = Parameters<typeof destinationConfig>[0];

/** A director, its wire and its clock. */
export class Wire {
  readonly clock = new ManualClock();
  readonly device = new MemoryDevice();
  readonly director: Director;
  /** What another director like this one can be made of. */
  readonly parts: Pick<DirectorOptions, "clock" | "host">;
  readonly #pump: Pump;

  constructor(
    options: Partial<DirectorOptions> & { readonly mtu?: number } = {},
    witness?: Witness,
  ) {
    const { mtu = 1500, ...rest } = options;
    const host = new StaticHost({
      addresses: [VIP, VIP6, "10.0.0.101", "192.168.10.1", "2001:db8:d::1"].map(parseAddress),
      source: parseAddress("192.168.10.1"),
      mtu,
    });
    this.parts = { clock: this.clock, host };
    this.director = new Director({ schedulers, ...this.parts, ...rest });
    this.#pump = new Pump(this.director, this.device, host, witness);
  }

  /** Adds a service on the virtual address, `wlc` unless told. */
  service(protocol: ProtocolName, port: number, changes?: ServiceChanges, address = VIP): void {
    const config = serviceConfig({ family: address === VIP6 ? 6 : 4, ...changes });
    this.director.addService(serviceId(protocol, endpoint(address, port)), config);
  }

  /** Adds a real server to the service of a port, direct routing of weight 1 unless told. */
  server(
    protocol: ProtocolName,
    port: number,
    at: string,
    changes?: DestinationChanges,
    address = VIP,
  ): void {
    this.director.addDestination(
      serviceId(protocol, endpoint(address, port)),
      parseEndpoint(at),
      destinationConfig(changes),
    );
  }

  /** Puts a packet on the wire and returns what leaves because of it. */
  send(packet: Uint8Array): readonly SentPacket[] {
    this.device.inject(packet);
    while (this.#pump.turn() > 0);
    const sent: SentPacket[] = [];
    for (let next = this.device.take(); next; next = this.device.take()) sent.push(next);
    return sent;
  }

  /** Lets seconds pass. */
  wait(seconds: number): void {
    this.clock.advance(seconds * 1000);
    this.director.advance();
  }
}

function endpoint(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
