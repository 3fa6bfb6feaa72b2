import fc from "fast-check";
import t from "tap";
import type { Backend } from "../../src/control/backend.ts";
import { isSayable, type RandomTable, randomTable } from "./random-table.ts";
import { apply, diff, documentOf, emptyBackend, ipvsadm } from "./support.ts";

async function backendOf({ services, timeouts }: RandomTable): Promise<Backend> {
  const backend = emptyBackend();
  await backend.setTimeouts(timeouts);
  for (const { id, config, servers } of services) {
    await backend.addService(id, config);
    for (const server of servers) await backend.addDestination(id, server.id, server.config);
  }
  return backend;
}

t.test(
  "a table listed as JSON and applied to an empty one is there again, order included",
  async (t) => {
    await fc.assert(
      fc.asyncProperty(randomTable, async (random) => {
        const document = await documentOf(await backendOf(random));
        const copy = emptyBackend();
        await apply(copy, document);
        t.equal(await documentOf(copy), document);
      }),
      { numRuns: 60 },
    );
  },
);

t.test("a table applied to any other with pruning leaves no difference", async (t) => {
  await fc.assert(
    fc.asyncProperty(randomTable, randomTable, async (random, other) => {
      const document = await documentOf(await backendOf(random));
      const backend = await backendOf(other);
      await apply(backend, document, true);
      t.same(await diff(backend, document), []);
    }),
    { numRuns: 60 },
  );
});

const sayableTable = randomTable.map((random) => ({
  ...random,
  services: random.services.filter(isSayable),
}));

t.test("the commands of a difference do what applying does, where options say all", async (t) => {
  await fc.assert(
    fc.asyncProperty(sayableTable, randomTable, async (random, other) => {
      const document = await documentOf(await backendOf(random));
      const backend = await backendOf(other);
      const lines = await diff(backend, document);
      const rules = lines.map((line) => line.slice(2)).join("\n");
      const { stderr } = await ipvsadm(backend, ["-R"], rules);
      t.equal(stderr, "");
      t.same(await diff(backend, document), []);
    }),
    { numRuns: 60 },
  );
});
