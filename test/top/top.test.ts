import { join } from "node:path";
import t from "tap";
import type { LiveServer, LiveService } from "../../src/live/index.ts";
import { screenLines } from "../../src/top/screen.ts";
import { afterKey, FIRST_VIEW, type Key, sortedServices, type View } from "../../src/top/view.ts";
import { startUipvs, uipvs } from "../cli/support.ts";
import { temporaryFolder } from "../daemon/support.ts";

const plain = (text: string): string => text;
const PAINT = { bold: plain, chosen: plain, faint: plain };

function traffic(connections: number) {
  const rates = {
    connections,
    inPackets: 10 * connections,
    outPackets: 0,
    inBytes: 1500,
    outBytes: 0,
  };
  return { rates, counters: rates };
}

function server(key: string, weight: number, active: number, rate: number): LiveServer {
  const [address = "", port] = key.split(":");
  return {
    key,
    address,
    port: Number(port),
    method: "masquerade",
    tunnel: null,
    weight,
    upperThreshold: 0,
    lowerThreshold: 0,
    active,
    inactive: 0,
    persistent: 0,
    overloaded: false,
    ...traffic(rate),
  };
}

const SERVICE: LiveService = {
  key: "tcp 192.0.2.1:80",
  family: 4,
  protocol: "tcp",
  address: "192.0.2.1",
  port: 80,
  fwmark: null,
  scheduler: "wlc",
  schedulerFlags: [],
  onePacket: false,
  persistence: 300,
  servers: [server("10.0.0.2:80", 1, 5, 2), server("10.0.0.3:80", 0, 7, 0)],
  ...traffic(2),
};

const STATE = { totals: traffic(2), services: [SERVICE] };
const SHOWN = { state: STATE, whose: "director", time: "12:00:00" };

function press(view: View, ...keys: readonly Key[]): View | undefined {
  return keys.reduce<View | undefined>((seen, key) => seen && afterKey(seen, key, 10), view);
}

const letter = (sequence: string): Key => ({ name: sequence, sequence });

t.test("a screen tells totals, services and servers, each in its column", async (t) => {
  const lines = screenLines(SHOWN, FIRST_VIEW, PAINT, { width: 120 });
  t.match(lines[0], /^12:00:00 {2}director {3}2 conn\/s {3}in 20 pkt\/s 1\.5kB\/s/);
  t.match(lines[3], /^TCP 192\.0\.2\.1:80 wlc -p 300 +12 +0 +2 +20 +0 +1\.5k +0$/);
  t.match(lines[4], /^ {2}-> 10\.0\.0\.2:80 +Masq +1 +5 +0 +2 /);
  t.match(lines[5], /^ {2}-> 10\.0\.0\.3:80 +Masq +0 +7 +0 +0 .* draining$/);
});

t.test("a screen has as many lines as the terminal, and none too long", async (t) => {
  const lines = screenLines(SHOWN, FIRST_VIEW, PAINT, { width: 40, height: 12 });
  t.equal(lines.length, 12);
  t.ok(lines.every((line) => line.length <= 40));
  t.match(lines.at(-1), /^q quit/);
});

t.test("keys sort, reverse, scroll, filter and quit", async (t) => {
  const order = (view: View | undefined): readonly string[] =>
    sortedServices([SERVICE], view!)[0]!.servers.map(({ key }) => key);
  t.same(order(press(FIRST_VIEW, letter("s"))), ["10.0.0.2:80", "10.0.0.3:80"], "by rate");
  t.same(order(press(FIRST_VIEW, letter("s"), letter("s"))), ["10.0.0.3:80", "10.0.0.2:80"]);
  t.same(order(press(FIRST_VIEW, letter("r"))), ["10.0.0.3:80", "10.0.0.2:80"], "reversed");
  t.equal(press(FIRST_VIEW, { name: "down" }, { name: "pagedown" }, { name: "up" })?.offset, 10);
  t.equal(press(FIRST_VIEW, { name: "up" })?.offset, 0);
  const filtered = press(FIRST_VIEW, ...["/", "q", "1", "."].map(letter), { name: "return" });
  t.match(filtered, { shows: "connections", filter: "q1." });
  t.equal(press(filtered!, { name: "escape" })?.filter, "");
  t.equal(press(FIRST_VIEW, letter("q")), undefined);
  t.equal(press(FIRST_VIEW, { name: "c", ctrl: true }), undefined);
});

t.test("top prints once where nobody looks, as text or JSON", async (t) => {
  const socket = join(temporaryFolder(t), "control.sock");
  t.match(await uipvs(["top", "--socket", socket]), { status: 2, stderr: /no director|director/i });
  const running = startUipvs(t, ["up", "--device", "memory", "--socket", socket]);
  await running.printed("\n");
  const env = { UIPVS_SOCKET: socket };
  await uipvs(["ipvsadm", "-A", "-t", "192.0.2.1:80"], { env });
  await uipvs(["ipvsadm", "-a", "-t", "192.0.2.1:80", "-r", "10.0.0.2", "-m"], { env });
  const text = await uipvs(["top"], { env });
  t.match(text, { status: 0, stderr: "" });
  t.match(text.stdout, /TCP 192\.0\.2\.1:80 wlc .*\n {2}-> 10\.0\.0\.2:80 +Masq +1 /);
  t.notOk(text.stdout.includes("\u001b"), "no escapes");
  const { stdout } = await uipvs(["top", "--json"], { env });
  t.match(JSON.parse(stdout), {
    schema: "uipvs/top/1",
    services: [{ key: "tcp 192.0.2.1:80", servers: [{ key: "10.0.0.2:80", weight: 1 }] }],
  });
  t.match(await uipvs(["top", "-c"], { env }), { status: 0, stdout: /No connections/ });
});
