/**
 * What is kept of the rates is of the last ten minutes, however far moments are apart.
 */
import t from "tap";
import type { LiveState } from "../../src/live/index.ts";
import { RateHistory, TOTAL } from "../../src/web/rate-history.ts";

/** Returns a state with so many new connections a second. */
function stateWith(connections: number): LiveState {
  const rates = { connections, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 };
  return { totals: { rates, counters: rates }, services: [] };
}

t.test("moments a second apart are kept for ten minutes", async (t) => {
  const history = new RateHistory();
  for (let second = 1; second <= 700; second++) history.add(second * 1000, stateWith(second));
  const { times, series } = history.read([TOTAL], "connections");
  t.strictSame([times.length, times[0], times.at(-1)], [600, 101, 700]);
  t.strictSame(series[TOTAL]?.slice(0, 2), [101, 102]);
});

t.test("moments further apart are told of for ten minutes as well", async (t) => {
  const history = new RateHistory();
  for (let second = 5; second <= 1500; second += 5) history.add(second * 1000, stateWith(second));
  const { times } = history.read([TOTAL], "connections");
  t.strictSame([times.length, times[0], times.at(-1)], [120, 905, 1500]);
  t.strictSame(new RateHistory().read([TOTAL], "connections").times, []);
});
