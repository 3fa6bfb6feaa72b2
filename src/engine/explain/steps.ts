/**
 * The steps of an explanation that look something up: the service, and the persistence template.
 *
 * @module
 */
import { formatAddress } from "../../net/address.ts";
import { formatEndpoint } from "../../net/endpoint.ts";
import type { Packet } from "../packet.ts";
import type { TemplateLookUp } from "../persistence.ts";
import { mayBeFtpData, type ServiceTable } from "../service-table.ts";
import type { VirtualService } from "../virtual-service.ts";
import type { ConnectionFigures, LookUp, Step } from "./explanation.ts";
import { addressText, protocolText, serviceFigures } from "./names.ts";
import { RULES } from "./rules.ts";

const FTP_PORT = 21;

/** Returns the service of a packet, with every way it was looked for. */
export function serviceStep(
  services: ServiceTable,
  packet: Packet,
): { readonly service: VirtualService | undefined; readonly step: Step } {
  const { family, mark, protocol, receiverAddress: address, receiverPort: port } = packet;
  const key = (at: number): string => {
    const name = String(protocolText(protocol)).toUpperCase();
    return `${name} ${formatEndpoint({ address: { family, words: address }, port: at })}`;
  };
  const ways: readonly {
    readonly by: LookUp["by"];
    readonly key: string | null;
    readonly find: () => VirtualService | undefined;
  }[] = [
    {
      by: "mark",
      key: mark === 0 ? null : `FWM ${mark}`,
      find: () => services.byMark(family, mark),
    },
    {
      by: "address-and-port",
      key: key(port),
      find: () => services.byTuple(family, protocol, address, port),
    },
    {
      by: "ftp",
      key: mayBeFtpData(protocol, port) ? key(FTP_PORT) : null,
      find: () => services.ftpOf(family, protocol, address, port),
    },
    { by: "any-port", key: key(0), find: () => services.anyPortOf(family, protocol, address) },
  ];
  const tried: LookUp[] = [];
  let service: VirtualService | undefined;
  for (const way of ways) {
    service = way.find();
    tried.push({ by: way.by, key: way.key, found: service !== undefined });
    if (service !== undefined) break;
  }
  const figures = service === undefined ? null : serviceFigures(service);
  return { service, step: { step: "service", rule: RULES.services, tried, service: figures } };
}

/** Returns the step that looks for a client's template. */
export function templateStep(
  service: VirtualService,
  lookUp: TemplateLookUp,
  template: ConnectionFigures | null,
): Step {
  const { family, protocol, client, virtual, port, engineData, rejection } = lookUp;
  const marked = protocol === 0;
  return {
    step: "template",
    rule: RULES.persistence,
    key: {
      protocol: protocolText(protocol),
      clients: `${addressText(family, client)}${maskText(service)}`,
      virtual: marked ? null : addressText(family, virtual),
      fwmark: marked ? virtual[0]! : null,
      port,
      engineData: engineData === undefined ? null : String.fromCharCode(...engineData),
    },
    template,
    rejection: rejection ?? null,
  };
}

/** Returns the length of the persistence mask behind a slash; an IPv4 mask with holes as it is. */
function maskText({ family, persistenceMask: mask }: VirtualService): string {
  let length = 0;
  for (const word of mask) {
    const bits = Math.clz32(~word);
    length += bits;
    if (bits < 32) break;
  }
  const holes = family === 4 && mask[0] !== (length === 0 ? 0 : (-1 << (32 - length)) >>> 0);
  return `/${holes ? formatAddress({ family, words: mask as Uint32Array }) : length}`;
}
