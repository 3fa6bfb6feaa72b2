/**
 * Where services and servers stand in the drawing of the topology.
 *
 * Wide: clients, director and servers side by side, replies back along the lower edge where they pass the
 * director by. Narrow: one below the other, each service with its servers as branches.
 *
 * @module
 */
import type { LiveServer, LiveService } from "../../../live/live-state.ts";

/** A box. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line something moves along. */
export interface Line {
  readonly path: string;
  /** Packets a second. */
  readonly rate: number;
}

export interface ServerPlace {
  readonly server: LiveServer;
  readonly box: Box;
  readonly line: Line;
}

export interface ServicePlace {
  readonly service: LiveService;
  readonly box: Box;
  readonly line: Line;
  readonly servers: readonly ServerPlace[];
  /** Servers there is no room for. */
  readonly hidden: number;
  /** Where the remark about those stands. */
  readonly hiddenAt: { readonly x: number; readonly y: number };
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly clients: Box;
  /** The box around the services; absent where there is no room for one. */
  readonly director: Box | undefined;
  readonly services: readonly ServicePlace[];
  /** The way of replies that pass the director by, if there are any. */
  readonly replies: (Line & { readonly labelX: number; readonly labelY: number }) | undefined;
}

/** Below this width it is drawn narrow. */
const NARROW = 620;
const MOST_SERVERS = 8;
const SERVER = 40;
const SERVICE = 52;
const GAP = 8;
const GROUP_GAP = 20;
const PAD = 12;
const HEAD = 30;

/** Returns where everything stands in a drawing of `width` px. */
export function layoutOf(services: readonly LiveService[], width: number): Layout {
  return width < NARROW ? narrow(services, width) : wide(services, width);
}

function isDirect({ method, weight, active }: LiveServer): boolean {
  return (method === "direct-route" || method === "tunnel") && (weight > 0 || active > 0);
}

function wide(services: readonly LiveService[], width: number): Layout {
  const clientWidth = 112;
  const serviceWidth = Math.min(250, width * 0.27);
  const serverWidth = Math.min(290, width * 0.31);
  const serviceX = (width - serviceWidth) / 2 - 10;
  const serverX = width - serverWidth - PAD;
  const groups = services.map((service) => {
    const shown = service.servers.slice(0, MOST_SERVERS);
    const hidden = service.servers.length - shown.length;
    const height = Math.max(SERVICE, shown.length * (SERVER + GAP) - GAP + (hidden > 0 ? 22 : 0));
    return { service, shown, hidden, height };
  });
  const top = HEAD + PAD;
  const inner = groups.reduce((sum, { height }) => sum + height + GROUP_GAP, -GROUP_GAP);
  const bottom = top + inner;
  const direct = services.some((service) => service.servers.some(isDirect));
  const clients = { x: PAD, y: top + inner / 2 - 32, width: clientWidth, height: 64 };
  const from = { x: clients.x + clients.width, y: clients.y + clients.height / 2 };
  let y = top;
  const places = groups.map(({ service, shown, hidden, height }): ServicePlace => {
    const box = {
      x: serviceX,
      y: y + (height - SERVICE) / 2,
      width: serviceWidth,
      height: SERVICE,
    };
    const middle = box.y + SERVICE / 2;
    const servers = shown.map((server, index): ServerPlace => {
      const place = {
        x: serverX,
        y: y + index * (SERVER + GAP),
        width: serverWidth,
        height: SERVER,
      };
      const path = curve(box.x + box.width, middle, place.x, place.y + SERVER / 2);
      return { server, box: place, line: { path, rate: packetsOf(server) } };
    });
    const line = { path: curve(from.x, from.y, box.x, middle), rate: packetsOf(service) };
    const hiddenAt = { x: serverX + 2, y: y + shown.length * (SERVER + GAP) + 10 };
    y += height + GROUP_GAP;
    return { service, box, line, servers, hidden, hiddenAt };
  });
  const low = bottom + PAD + 22;
  return {
    width,
    height: bottom + PAD + (direct ? 44 : 8),
    clients,
    director: {
      x: serviceX - PAD,
      y: 4,
      width: serviceWidth + 2 * PAD,
      height: bottom + PAD - 4,
    },
    services: places,
    replies: direct
      ? {
          path: repliesPath(serverX + serverWidth / 2, bottom + 4, low, clients),
          rate: directRate(services),
          labelX: serviceX + serviceWidth / 2,
          labelY: low + 15,
        }
      : undefined,
  };
}

function repliesPath(x: number, y: number, low: number, clients: Box): string {
  const back = clients.x + clients.width / 2;
  const up = clients.y + clients.height + 4;
  return `M${x} ${y}V${low - 8}q0 8 -8 8H${back + 8}q-8 0 -8 -8V${up}`;
}

function narrow(services: readonly LiveService[], width: number): Layout {
  const clients = { x: PAD, y: 6, width: width - 2 * PAD, height: 36 };
  const trunk = PAD + 10;
  let y = clients.y + clients.height + 30;
  const places = services.map((service): ServicePlace => {
    const shown = service.servers.slice(0, MOST_SERVERS);
    const hidden = service.servers.length - shown.length;
    const box = { x: PAD + 24, y, width: width - 2 * PAD - 24, height: SERVICE };
    const start = clients.y + clients.height;
    const line = {
      path: `M${trunk} ${start}V${y + SERVICE / 2 - 8}q0 8 8 8H${box.x}`,
      rate: packetsOf(service),
    };
    const branch = box.x + 16;
    const servers = shown.map((server, index): ServerPlace => {
      const top = y + SERVICE + GAP + index * (SERVER + GAP);
      const place = { x: branch + 18, y: top, width: width - PAD - branch - 18, height: SERVER };
      const path = `M${branch} ${y + SERVICE}V${top + SERVER / 2 - 6}q0 6 6 6H${place.x}`;
      return { server, box: place, line: { path, rate: packetsOf(server) } };
    });
    const end = y + SERVICE + GAP + shown.length * (SERVER + GAP);
    const hiddenAt = { x: branch + 18, y: end + 8 };
    y = end + (hidden > 0 ? 22 : 0) + GROUP_GAP - GAP;
    return { service, box, line, servers, hidden, hiddenAt };
  });
  return {
    width,
    height: y - GROUP_GAP + PAD,
    clients,
    director: undefined,
    services: places,
    replies: undefined,
  };
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** Packets in: those out of DR and TUN servers are never seen. */
function packetsOf({ rates }: LiveServer | LiveService): number {
  return rates.inPackets;
}

function directRate(services: readonly LiveService[]): number {
  const servers = services.flatMap((service) => service.servers).filter(isDirect);
  return servers.reduce((sum, server) => sum + packetsOf(server), 0);
}
