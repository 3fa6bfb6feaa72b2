import fc from "fast-check";
import t from "tap";
import { gcd, isHeavier } from "../../schedulers/weights.ts";

t.test("gcd() returns the greatest common divisor", async (t) => {
  t.equal(gcd(0, 0), 0);
  t.equal(gcd(0, 7), 7);
  t.equal(gcd(7, 0), 7);
  t.equal(gcd(100, 300), 100);
  t.equal(gcd(2147483647, 2147483646), 1);
});

t.test("isHeavier() decides as integers without bound would", async () => {
  const load = fc.oneof(fc.integer(), fc.integer({ min: 2147480000, max: 2147483647 }));
  const weight = fc.oneof(fc.nat(), fc.integer({ min: 2147480000, max: 2147483647 }));
  fc.assert(
    fc.property(load, weight, load, weight, (a, v, b, w) => {
      return isHeavier(a, v, b, w) === BigInt(a) * BigInt(w) > BigInt(b) * BigInt(v);
    }),
    { numRuns: 2000 },
  );
});
