/**
 * Who balances in the live benchmark: this director with each device, and what one would otherwise use.
 *
 * @module
 */
import { accessSync, constants, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProgram } from "../../src/lab/host-program.ts";
import { endProgram, type HostProgram } from "../../src/lab/namespace-host.ts";
import { type Bed, HTTP, IPERF, REAL, VIRTUAL } from "./bed.ts";
import { uml } from "./uml.ts";

/** One who balances. */
export interface Contender {
  readonly name: string;
  /** Programs it needs. */
  readonly programs: readonly string[];
  /** Whether it balances UDP. */
  readonly udp: boolean;
  /** Starts it and returns what ends it; it serves when the promise resolves. */
  start(bed: Bed): Promise<() => Promise<void>>;
}

const UIPVS = fileURLToPath(new URL("../../../bin/uipvs.js", import.meta.url));

/** Rules of the services, as ipvsadm reads them. Bulk goes to one server, as iperf3 has two connections. */
export const RULES = [
  `-A -t ${VIRTUAL}:${HTTP} -s rr`,
  ...REAL.map((address) => `-a -t ${VIRTUAL}:${HTTP} -r ${address}:${HTTP} -m`),
  ...["-t", "-u"].flatMap((protocol) => [
    `-A ${protocol} ${VIRTUAL}:${IPERF} -s rr`,
    `-a ${protocol} ${VIRTUAL}:${IPERF} -r ${REAL[0]}:${IPERF} -m`,
  ]),
].join("\n");

/** This director. */
function uipvs(device: string): Contender {
  return {
    name: `uipvs, ${device}`,
    programs: [],
    udp: true,
    start: async (bed) => {
      const { director } = bed;
      const rules = join(director.folder, "rules");
      writeFileSync(rules, `${RULES}\n`);
      const socket = join(director.folder, `${device}.sock`);
      const words = [process.execPath, UIPVS, "up", "--socket", socket, "--rules", rules];
      return ending(await startProgram(director, [...words, "--device", device], "guarded"));
    },
  };
}

const HAPROXY: Contender = {
  name: "HAProxy, TCP mode, 1 thread",
  programs: ["haproxy"],
  udp: false,
  start: async ({ director }) => {
    const config = join(director.folder, "haproxy.cfg");
    writeFileSync(
      config,
      `global
  nbthread 1
  maxconn 8000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen web
  bind ${VIRTUAL}:${HTTP}
  balance roundrobin
${REAL.map((address, index) => `  server web${index} ${address}:${HTTP}`).join("\n")}
listen bulk
  bind ${VIRTUAL}:${IPERF}
  server web0 ${REAL[0]}:${IPERF}
`,
    );
    return ending(director.spawnGuarded(["haproxy", "-db", "-f", config]));
  },
};

const NGINX: Contender = {
  name: "nginx stream, 1 process",
  programs: ["nginx"],
  udp: true,
  start: async ({ director }) => {
    const config = join(director.folder, "nginx.conf");
    writeFileSync(
      config,
      `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; pid ${director.folder}/nginx.pid; error_log /dev/null; worker_processes 1;
events { worker_connections 8192; }
stream {
  upstream web { ${REAL.map((address) => `server ${address}:${HTTP};`).join(" ")} }
  server { listen ${VIRTUAL}:${HTTP} backlog=4096; proxy_pass web; }
  server { listen ${VIRTUAL}:${IPERF}; proxy_pass ${REAL[0]}:${IPERF}; }
  server { listen ${VIRTUAL}:${IPERF} udp; proxy_pass ${REAL[0]}:${IPERF}; }
}
`,
    );
    return ending(director.spawnGuarded(["nginx", "-c", config]));
  },
};

const NFTABLES: Contender = {
  name: "nftables DNAT, in the kernel",
  programs: ["nft"],
  udp: true,
  start: async ({ director }) => {
    const targets = REAL.map((address, index) => `${index} : ${address}`).join(", ");
    const rules = `table ip live {
  chain pre {
    type nat hook prerouting priority -100;
    ip daddr ${VIRTUAL} tcp dport ${HTTP} dnat to numgen inc mod ${REAL.length} map { ${targets} }
    ip daddr ${VIRTUAL} tcp dport ${IPERF} dnat to ${REAL[0]}
    ip daddr ${VIRTUAL} udp dport ${IPERF} dnat to ${REAL[0]}
  }
}
`;
    await director.mustRun(["nft", "-f", "-"], { stdin: rules });
    return async () => void (await director.mustRun(["nft", "delete", "table", "ip", "live"]));
  },
};

/** The first is the one the others are compared with. */
export const CONTENDERS: readonly Contender[] = [
  uipvs("ring"),
  uipvs("tun"),
  uipvs("cap"),
  HAPROXY,
  NGINX,
  NFTABLES,
  {
    name: "ip_vs in user-mode Linux",
    programs: ["linux.uml"],
    udp: true,
    start: (bed) => uml(bed, RULES),
  },
];

/** Returns the programs that are not on the PATH. */
export function missing(programs: readonly string[]): readonly string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return programs.filter((program) => !folders.some((folder) => isProgram(join(folder, program))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function ending(program: HostProgram): () => Promise<void> {
  return () => endProgram(program);
}
