import t from "tap";
import {
  CLIENTS,
  disruption,
  type PlayServer,
  play,
  SCHEDULERS,
  unevenness,
} from "../../src/web/playground/play.ts";

const EQUAL: readonly PlayServer[] = [0, 1, 2].map((id) => ({ id, weight: 1 }));

t.test("the same setup gives the same result, and nobody is lost", async (t) => {
  for (const scheduler of SCHEDULERS) {
    const setup = { scheduler, servers: EQUAL, lengths: "mixed" } as const;
    const [first, second] = [play(setup), play(setup)];
    t.same(first, second, scheduler);
    const got = [...first.got.values()].reduce((sum, count) => sum + count, 0);
    t.equal(got + first.refused, CLIENTS, scheduler);
  }
});

t.test("shares follow weights, and a server of weight 0 gets nobody", async (t) => {
  const servers = [
    { id: 0, weight: 3 },
    { id: 1, weight: 1 },
    { id: 2, weight: 0 },
  ];
  const result = play({ scheduler: "wrr", servers, lengths: "even" });
  t.same([...result.got.values()], [1500, 500, 0]);
  t.equal(unevenness(servers, result), 1);
});

t.test("nobody is taken where nobody may be used", async (t) => {
  const none = play({ scheduler: "rr", servers: [], lengths: "even" });
  t.equal(none.refused, CLIENTS);
  t.ok(Number.isNaN(unevenness([], none)));
});

t.test("a server that goes moves its own clients, and others as the scheduler will", async (t) => {
  const moved = (scheduler: string): number => {
    const [before, after] = [EQUAL, EQUAL.slice(0, 2)].map((servers) => {
      const setup = { scheduler, servers, lengths: "even" } as const;
      return { setup, result: play(setup) };
    });
    const { moved: part, least } = disruption(before!, after!);
    t.ok(Math.abs(least - 1 / 3) < 1e-9);
    return part;
  };
  const [consistent, simple] = [moved("mh"), moved("sh")];
  t.ok(consistent >= 0.3 && consistent < 0.45, `mh moves ${consistent}`);
  t.ok(simple > consistent, `sh moves ${simple}`);
});
