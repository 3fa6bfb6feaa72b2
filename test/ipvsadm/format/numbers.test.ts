import fc from "fast-check";
import t from "tap";
import { counterText } from "../../../src/ipvsadm/format/numbers.ts";

t.test("counterText() shortens from a hundred million on, rounding down", async (t) => {
  const shown: readonly [value: bigint, text: string][] = [
    [0n, "        0"],
    [99999999n, " 99999999"],
    [100000000n, "  100000K"],
    [999999999n, "  999999K"],
    [10n ** 9n, "    1000M"],
    [10n ** 11n - 1n, "   99999M"],
    [10n ** 11n, "     100G"],
    [10n ** 14n - 1n, "   99999G"],
    [10n ** 14n, "     100T"],
    [2n ** 64n - 1n, "18446744T"],
  ];
  for (const [value, text] of shown) t.equal(counterText(value, false), text);
});

t.test("counterText() grows beyond nine columns only when exact", async (t) => {
  t.equal(counterText(99999999n, true), " 99999999");
  t.equal(counterText(100000000n, true), " 100000000");
  t.equal(counterText(2n ** 64n - 1n, true), " 18446744073709551615");
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (value) =>
        counterText(value, false).length === 9 && BigInt(counterText(value, true)) === value,
    ),
  );
});
