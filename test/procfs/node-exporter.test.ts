/**
 * Debian's node exporter of Prometheus reads the directory as it reads /proc, and exports the figures.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import t, { type Test } from "tap";
import { uipvs } from "../cli/support.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { busyWire, serve } from "./support.ts";

const PROGRAM = "prometheus-node-exporter";

/** Starts the exporter on a free port of the loopback interface, and returns what fetches its page. */
async function startExporter(t: Test, directory: string): Promise<() => Promise<string>> {
  const words = ["--web.listen-address=127.0.0.1:0", `--path.procfs=${directory}`];
  words.push("--collector.disable-defaults", "--collector.ipvs", "--web.disable-exporter-metrics");
  const child = spawn(PROGRAM, words, { stdio: ["ignore", "ignore", "pipe"] });
  t.teardown(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    child.stderr.resume();
    return async () => (await fetch(`http://${address}/metrics`)).text();
  }
  throw new Error(`${PROGRAM} ended: ${said.join("\n")}`);
}

/** Returns the figures of a page by name and labels. */
function figures(page: string): Readonly<Record<string, number>> {
  const lines = page.split("\n").filter((line) => line.startsWith("node_ipvs_"));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice("node_ipvs_".length, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Returns the labels of a real server. */
function labels(proto: string, local: readonly string[], remote: readonly string[]): string {
  const [address, port, mark] = local;
  const ends = `remote_address="${remote[0]}",remote_port="${remote[1]}"`;
  return `{local_address="${address}",local_mark="${mark}",local_port="${port}",proto="${proto}",${ends}}`;
}

t.test(
  "the node exporter exports the right figures",
  { skip: lacking(missing(PROGRAM)) },
  async (t) => {
    const wire = busyWire();
    const socket = await serve(t, wire.director);
    const directory = temporaryFolder(t);
    const write = () => uipvs(["procfs", directory, "--socket", socket]);
    t.match(await write(), { status: 0 });
    const fetchPage = await startExporter(t, directory);
    const web = labels("TCP", ["10.0.0.100", "80", ""], ["192.168.10.11", "8080"]);
    const names = labels("UDP", ["10.0.0.100", "53", ""], ["192.168.10.12", "53"]);
    const page = await fetchPage();
    t.match(page, 'node_scrape_collector_success{collector="ipvs"} 1');
    t.same(figures(page), {
      connections_total: 4,
      incoming_packets_total: 5,
      incoming_bytes_total: 193,
      outgoing_packets_total: 1,
      outgoing_bytes_total: 40,
      [`backend_connections_active${web}`]: 3,
      [`backend_connections_inactive${web}`]: 0,
      [`backend_weight${web}`]: 3,
      [`backend_connections_active${names}`]: 0,
      [`backend_connections_inactive${names}`]: 1,
      [`backend_weight${names}`]: 1,
    });

    t.test("and those of IPv6 and of marks, once they are written again", async (t) => {
      const rules = [
        "-A -f 10 -s wlc",
        "-a -f 10 -r 192.168.10.13 -g -w 7",
        "-A -t [2001:db8::1]:443",
        "-a -t [2001:db8::1]:443 -r [2001:db8::2]:8443 -m -w 0",
      ];
      const env = { UIPVS_SOCKET: socket };
      const input = `${rules.join("\n")}\n`;
      t.match(await uipvs(["ipvsadm", "-R"], { env, input }), { status: 0, stderr: "" });
      t.match(await write(), { status: 0 });
      const now = figures(await fetchPage());
      const marked = labels("FWM", ["", "0", "0000000A"], ["192.168.10.13", "0"]);
      const six = labels("TCP", ["2001:db8::1", "443", ""], ["2001:db8::2", "8443"]);
      t.equal(now[`backend_weight${marked}`], 7);
      t.equal(now[`backend_weight${six}`], 0);
      t.equal(now[`backend_weight${web}`], 3);
    });
  },
);
