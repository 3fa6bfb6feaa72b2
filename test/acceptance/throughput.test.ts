import t from "tap";
import { REAL_SERVERS, VIRTUAL } from "../../src/lab/demo/laboratory.ts";
import { startProgram } from "../../src/lab/host-program.ts";
import { laboratory, rulesOf, setRules } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const PORT = 5201;
const SECONDS = 10;
const SERVER = REAL_SERVERS[0]!;

const DIRECTIONS = [
  { direction: "to the server", options: [] },
  { direction: "to the client", options: ["--reverse"] },
] as const;

/** The part that matters here of what `iperf3 --json` prints. */
interface Report {
  readonly error?: string;
  readonly intervals: readonly { readonly sum: { readonly bytes: number } }[];
  readonly end: { readonly sum_received: { readonly bytes: number } };
}

const skip = await lackOfLaboratory("iperf3");

t.test("a stream through NAT never stops for as long as a second", { skip }, async (t) => {
  const lab = await laboratory(t);
  await lab.arrange("masquerade", () => {});
  await setRules(t, lab, rulesOf(`-t ${VIRTUAL.address}:${PORT}`, "-s rr", PORT, "-m", [SERVER]));
  const server = ["iperf3", "--server", "--port", `${PORT}`, "--forceflush"];
  await startProgram(lab.host(SERVER.name), server, "guarded");

  for (const { direction, options } of DIRECTIONS) {
    t.test(direction, async (t) => {
      const words = ["iperf3", "--json", "--client", VIRTUAL.address, "--port", `${PORT}`];
      const { status, stdout } = await lab
        .host("client")
        .run([...words, "--time", `${SECONDS}`, ...options], { timeout: SECONDS * 2000 });
      const report = JSON.parse(stdout) as Report;
      // A connection that was reset is an error.
      t.match({ status, error: report.error }, { status: 0, error: undefined });
      const sums = report.intervals.map(({ sum }) => sum.bytes);
      t.ok(sums.length >= SECONDS, `${sums.length} intervals`);
      t.notOk(sums.includes(0), `bytes by interval: ${sums.join(", ")}`);
      t.ok(report.end.sum_received.bytes > 0, "the receiver's own count");
    });
  }
});
