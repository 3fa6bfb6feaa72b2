/**
 * What would become of a packet, step by step: plain data that goes into JSON as it is.
 *
 * Every member is always there; what does not apply is null. Addresses are text without brackets. Each
 * step names the rule it follows: a heading of docs/behaviour.md.
 *
 * The form has a number, which grows when a reader of the one before would misunderstand it.
 *
 * @module
 */
import type { Seconds } from "../../base/clock.ts";
import type { Family } from "../../net/address.ts";
import type { ForwardingMethod } from "../../wire/ipvs-objects.ts";
import type { Reuse } from "../connection-reuse.ts";
import type { TemplateRejection } from "../persistence.ts";
import type { Basis, Figures, Standing } from "../scheduler.ts";
import type { ReasonName, VerdictName } from "../verdict.ts";
import type { Rule } from "./rules.ts";

/** Name of the form. */
export const EXPLANATION_SCHEMA = "uipvs/explanation/1";

/** `tcp`, `udp`, `sctp`, `ah`, `esp`, `icmp`, `icmpv6`, `ip` for any, or the number of another. */
export type ProtocolText = string | number;

/** One end of a packet. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/** What was asked about. */
export interface PacketFigures {
  readonly family: Family;
  /** How the packet meets the director: for this host, passing through it, or from it. */
  readonly hook: "local-in" | "forward" | "local-out";
  readonly protocol: ProtocolText;
  readonly source: End;
  readonly destination: End;
  /** Firewall mark, 1 or more. */
  readonly fwmark: number | null;
  /** TCP flags, such as `SYN` or `FIN,ACK`. */
  readonly flags: string | null;
  /** Bytes, IP header included. */
  readonly length: number;
  readonly hopLimit: number;
}

/** Which service. */
export interface ServiceName {
  readonly family: Family;
  /** `null` for a service by mark, as address and port. */
  readonly protocol: ProtocolText | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly fwmark: number | null;
}

/** A service that was found. */
export interface ServiceFigures extends ServiceName {
  readonly scheduler: string;
  readonly schedulerFlags: readonly string[];
  readonly onePacket: boolean;
  /** Timeout of its templates; `null` where it is not persistent. */
  readonly persistence: Seconds | null;
  readonly servers: number;
}

/** A connection or template that was found. */
export interface ConnectionFigures {
  readonly protocol: ProtocolText;
  readonly client: End;
  /** `null` for the template of a service by mark. */
  readonly virtual: End | null;
  readonly fwmark: number | null;
  readonly server: End;
  readonly method: ForwardingMethod;
  readonly state: string;
  /** Time left. */
  readonly expires: Seconds;
  /** Connections it keeps alive. */
  readonly children: number;
}

/** One way a service was looked for. */
export interface LookUp {
  readonly by: "mark" | "address-and-port" | "ftp" | "any-port";
  /** Such as `FWM 1` or `TCP 192.0.2.1:80`; `null` where the packet gives no such key. */
  readonly key: string | null;
  readonly found: boolean;
}

/** A real server as it stood before the scheduler. */
export interface CandidateFigures extends End {
  readonly method: ForwardingMethod;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly overhead: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly overloaded: boolean;
  readonly standing: Standing;
  /** What the scheduler compares besides. */
  readonly figures: Figures;
}

/** An ICMP error the director would send. */
export interface Answer {
  readonly kind: "port-unreachable" | "host-unreachable" | "time-exceeded" | "too-big";
  readonly from: string;
  readonly to: string;
  /** Bytes the packet may have, where it is too big. */
  readonly mtu: number | null;
}

/** The IP header a tunnel puts around a packet. */
export interface OuterFigures {
  readonly type: "ipip" | "gre" | "gue";
  readonly source: string;
  readonly destination: string;
  /** UDP port of a GUE tunnel. */
  readonly port: number | null;
}

/** What would leave, or be handed to this host. */
export interface Sent {
  readonly source: End;
  readonly destination: End;
  readonly hopLimit: number;
  /** Bytes, all headers included; `null` where the FTP helper may write other text into the packet. */
  readonly length: number | null;
  readonly outer: OuterFigures | null;
  /** Who gets it; `null` for this host. */
  readonly nextHop: string | null;
}

/** One step of a decision. */
export type Step = { readonly rule: Rule } & (
  | { readonly step: "no-services"; readonly family: Family }
  /** It is kept until the rest of its packet has come. */
  | { readonly step: "fragment" }
  | { readonly step: "backup" }
  | { readonly step: "protocol"; readonly protocol: ProtocolText }
  | {
      readonly step: "reply";
      /** What it answers; `null` where it answers nothing and its server is told so. */
      readonly connection: ConnectionFigures | null;
    }
  | {
      /** It is an ICMP error, and follows the packet it quotes. */
      readonly step: "icmp-error";
      /**
       * What it is about: a request, which the error answers; a reply; or a packet of a tunnel to a real server;
       * `null` where nothing the director knows.
       */
      readonly about: "request" | "reply" | "tunnel" | null;
      readonly connection: ConnectionFigures | null;
    }
  /** A real server has sent it of its own accord, and it begins a connection. */
  | { readonly step: "server-connection"; readonly server: End }
  | { readonly step: "passing" }
  | {
      readonly step: "connection";
      readonly connection: ConnectionFigures | null;
      readonly fate: ConnectionFate;
      /** Of a packet that begins a flow, what that means for the connection. */
      readonly reuse: Reuse | null;
      /** State after the packet; `null` where it stays unknown or nothing was found. */
      readonly stateAfter: string | null;
    }
  | { readonly step: "beginning"; readonly may: boolean; readonly reason: ReasonName | null }
  | {
      readonly step: "service";
      readonly tried: readonly LookUp[];
      readonly service: ServiceFigures | null;
    }
  | {
      readonly step: "defence";
      /** One of so many new connections is dropped. */
      readonly rate: number;
      /** The how-manieth from now that is; 1 for this one. */
      readonly next: number;
    }
  | { readonly step: "exception"; readonly exception: "ftp-data-port" | "local-reply" }
  | { readonly step: "port"; readonly port: number }
  /** The persistence engine finds nothing in the packet to tell its client by. */
  | { readonly step: "engine"; readonly engine: string }
  | {
      readonly step: "template";
      readonly key: {
        readonly protocol: ProtocolText;
        /** Network of the client, such as `203.0.113.0/24`. */
        readonly clients: string;
        readonly virtual: string | null;
        readonly fwmark: number | null;
        /** 0 for any. */
        readonly port: number;
        /** What the persistence engine has found, each character one byte. */
        readonly engineData: string | null;
      };
      readonly template: ConnectionFigures | null;
      readonly rejection: TemplateRejection | null;
    }
  | {
      readonly step: "scheduler";
      readonly scheduler: string;
      readonly choice: End | null;
      /** What the choice rests on; `null` where reasons were not asked for, or there is no scheduler. */
      readonly basis: Basis | null;
      readonly byChance: boolean;
      readonly figures: Figures;
      readonly candidates: readonly CandidateFigures[];
    }
  | {
      readonly step: "no-destination";
      readonly fate: "refused" | "left-to-host" | "bypassed" | "unreadable";
    }
  | {
      readonly step: "forwarding";
      readonly method: ForwardingMethod;
      readonly server: End;
      readonly route: { readonly local: boolean; readonly mtu: number } | null;
      /** Bytes the method adds. */
      readonly overhead: number;
      /** Why it cannot go this way. */
      readonly problem: ReasonName | null;
    }
);

/** What becomes of a connection that was found, or that none was. */
export type ConnectionFate =
  | "none"
  | "used"
  /** A new one takes its place. */
  | "gives-way"
  /** Its real server was removed: the packet is dropped. */
  | "server-removed"
  /** Its real server was removed: a new one takes its place. */
  | "server-removed-gives-way";

/** What it comes to. */
export interface Outcome {
  /** `null` where chance decides, and for ICMP errors, which follow the packet they quote. */
  readonly verdict: VerdictName | null;
  readonly reason: ReasonName | null;
  readonly service: ServiceName | null;
  readonly server: End | null;
  readonly method: ForwardingMethod | null;
  readonly connection: "new" | "existing" | "none";
  /** Whether chance decides which server it is. */
  readonly byChance: boolean;
  readonly sent: Sent | null;
  readonly answer: Answer | null;
}

/** The whole. */
export interface Explanation {
  readonly schema: typeof EXPLANATION_SCHEMA;
  readonly packet: PacketFigures;
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
}
