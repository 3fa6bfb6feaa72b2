/**
 * The page's server over a director without packets: what it says to programs.
 */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startUipvs, uipvs } from "../cli/support.ts";
import { temporaryFolder } from "../daemon/support.ts";

const RULES = `-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 3 -x 100
-A -f 7 -s rr
-a -f 7 -r 10.0.0.3:80 -g
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [fd00::2]:80 -m
`;

const folder = temporaryFolder(t);
const socket = join(folder, "control.sock");
const tokenFile = join(folder, "token");
writeFileSync(join(folder, "rules"), RULES);
const words = ["up", "--device", "memory", "--rules", join(folder, "rules"), "--socket", socket];
const running = startUipvs(t, [...words, "--web", "0", "--web-token-file", tokenFile]);
const said = await running.printed("Page: ");
const url = new URL(/Page: (\S+)/.exec(said)![1]!);
const token = readFileSync(tokenFile, "utf8").trim();

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, ...init.headers };
  return fetch(`${url.origin}${path}`, { ...init, headers });
}

async function post(path: string, body: object): Promise<{ status: number; answer: unknown }> {
  const headers = { "Content-Type": "application/json" };
  const response = await ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, answer: await response.json() };
}

t.test("the token is kept in its file, for its owner alone", async (t) => {
  t.equal(url.searchParams.get("token"), token);
  t.equal(statSync(tokenFile).mode & 0o777, 0o600);
  t.ok(token.length >= 32);
});

t.test("without the token nothing is said, but what the page is made of", async (t) => {
  for (const path of ["/api/live", "/api/lab", "/metrics"]) {
    for (const Authorization of ["", "Bearer wrong", `Basic ${token}`]) {
      const response = await ask(path, { headers: { Authorization } });
      t.equal(response.status, 401, path);
      t.match(await response.json(), { code: "token", error: /token/ });
    }
  }
  const page = await ask("/", { headers: { Authorization: "" } });
  t.equal(page.status, 200);
  t.match(
    page.headers.get("content-security-policy"),
    /default-src 'none'.*frame-ancestors 'none'/,
  );
  t.equal(page.headers.get("referrer-policy"), "no-referrer");
  t.equal((await fetch(`${url.origin}/?token=wrong`)).status, 403);
});

t.test("Prometheus gets node_exporter's names and labels", async (t) => {
  const response = await ask("/metrics");
  t.match(response.headers.get("content-type"), /^text\/plain/);
  const text = await response.text();
  for (const line of [
    "# TYPE node_ipvs_connections_total counter",
    "node_ipvs_incoming_packets_total 0",
    "# TYPE node_ipvs_backend_connections_active gauge",
    'node_ipvs_backend_weight{local_address="192.0.2.1",local_port="80",remote_address="10.0.0.2",' +
      'remote_port="8080",proto="TCP",local_mark=""} 3',
    'node_ipvs_backend_weight{local_address="",local_port="",remote_address="10.0.0.3",' +
      'remote_port="80",proto="FWM",local_mark="00000007"} 1',
    "uipvs_servers_without_series 0",
    'uipvs_packets_total{verdict="forward"} 0',
  ]) {
    t.ok(text.includes(`${line}\n`), line);
  }
});

t.test("the first line of the live feed tells everything, the next what has changed", async (t) => {
  const stop = new AbortController();
  const response = await ask("/api/live", { signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const line = async (): Promise<{ order?: string[]; services: { key: string }[] }> => {
    while (!text.includes("\n")) text += (await reader.read()).value ?? "";
    const [first = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return JSON.parse(first);
  };
  const all = await line();
  t.same(all.order?.length, 3);
  t.ok(all.services.some(({ key }) => key === "tcp 192.0.2.1:80"));
  t.same((await line()).services, []);
  const settings = { weight: 5 };
  const server = "10.0.0.2:8080";
  await post("/api/change", {
    action: "edit-server",
    service: "tcp 192.0.2.1:80",
    server,
    settings,
  });
  let changed = await line();
  while (changed.services.length === 0) changed = await line();
  t.match(changed.services, [
    { key: "tcp 192.0.2.1:80", servers: [{ weight: 5, upperThreshold: 100 }] },
  ]);
  t.equal(changed.order, undefined);
  stop.abort();
});

t.test("changes are those of ipvsadm, and what is refused changes nothing", async (t) => {
  const service = "udp 192.0.2.9:53";
  t.match(await post("/api/change", { action: "add-service", service, scheduler: "rr" }), {
    status: 200,
  });
  const server = "10.0.0.9:53";
  await post("/api/change", { action: "add-server", service, server, settings: { weight: 2 } });
  const { stdout } = await uipvs(["ipvsadm", "-S", "-n"], { env: { UIPVS_SOCKET: socket } });
  t.match(stdout, /-A -u 192\.0\.2\.9:53 -s rr\n-a -u 192\.0\.2\.9:53 -r 10\.0\.0\.9:53 -m -w 2\n/);
  t.match(await post("/api/change", { action: "add-service", service, scheduler: "rr" }), {
    status: 409,
    answer: { code: "EEXIST" },
  });
  const wrong: readonly object[] = [
    { action: "add-service", service: "tcp nowhere", scheduler: "rr" },
    { action: "add-service", service, scheduler: "no such" },
    { action: "add-server", service, server, settings: { weight: -1 } },
    { action: "explode" },
  ];
  for (const change of wrong) {
    t.match(await post("/api/change", change), { status: 400, answer: { code: "request" } });
  }
});

t.test("what is no request is told so", async (t) => {
  t.match(await post("/api/explain", { protocol: "tcp", client: "x", service: "192.0.2.1:80" }), {
    status: 400,
    answer: { error: /Cannot parse address "x"/ },
  });
  const explained = { protocol: "tcp", client: "203.0.113.7", service: "192.0.2.1:80" };
  t.match(await post("/api/explain", explained), {
    status: 200,
    answer: { schema: "uipvs/explanation/1" },
  });
  const plain = await ask("/api/change", { method: "POST", body: "{}" });
  t.equal(plain.status, 400);
  t.equal((await ask("/api/connections?limit=100000")).status, 400);
  t.equal((await ask("/api/nothing")).status, 404);
});

t.test("a page that cannot be served ends the director before it serves", async (t) => {
  const other = join(temporaryFolder(t), "control.sock");
  const { port } = url;
  const busy = await uipvs(["up", "--device", "memory", "--web", port, "--socket", other]);
  t.equal(busy.status, 1);
  t.match(busy.stderr, /Cannot serve the page at 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  t.match(await uipvs(["status", "--socket", other]), { status: 2 });
  t.match(await uipvs(["up", "--web", "x y"]), {
    status: 2,
    stderr: /Cannot serve a page at "x y"/,
  });
  t.match(await uipvs(["up", "--web-token-file", "f"]), { status: 2, stderr: /without --web/ });
});

t.test(
  "the page of a director that runs is served from elsewhere, and ends by a signal",
  async (t) => {
    const web = startUipvs(t, ["web", "0", "--web-token-file", tokenFile, "--socket", socket]);
    const page = new URL(/Page: (\S+)/.exec(await web.printed("Page: "))![1]!);
    const response = await fetch(`${page.origin}/metrics?token=${token}`);
    t.match(await response.text(), /node_ipvs_backend_weight\{.*10\.0\.0\.2/);
    web.child.kill("SIGTERM");
    t.match(await web.ended, { status: 0, stderr: "" });
    t.match(await uipvs(["web", "--socket", join(folder, "nobody")]), { status: 2 });
  },
);

t.test("the director ends with its page", async (t) => {
  t.match(await uipvs(["down", "--socket", socket]), { status: 0 });
  t.match(await running.ended, { status: 0, stderr: "" });
});
