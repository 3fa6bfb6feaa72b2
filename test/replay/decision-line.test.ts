import t from "tap";
import { REASONS, type ReasonName } from "../../src/engine/verdict.ts";
import { formatTime } from "../../src/replay/decision-line.ts";
import { summaryText } from "../../src/replay/summary.ts";

t.test("formatTime() writes seconds with nine decimals", async (t) => {
  t.equal(formatTime(0n), "0.000000000");
  t.equal(formatTime(5n), "0.000000005");
  t.equal(formatTime(1_700_000_000_123_456_789n), "1700000000.123456789");
  t.equal(formatTime(-1_500_000_000n), "-1.500000000");
});

function reasons(counts: Partial<Record<ReasonName, number>>): Record<ReasonName, number> {
  const none = Object.fromEntries(REASONS.map((name) => [name, 0]));
  return { ...none, ...counts } as Record<ReasonName, number>;
}

t.test("summaryText() tells what happened, the most frequent first", async (t) => {
  t.equal(
    summaryText({
      packets: 6,
      skipped: 2,
      drops: { tooLong: 1 },
      reasons: reasons({ reply: 2, request: 4 }),
    }),
    "Replayed 6 packets: 4 request, 2 reply; passed over 2 records without IP; lost: 1 tooLong",
  );
  t.equal(
    summaryText({ packets: 1, skipped: 1, drops: { tooLong: 0 }, reasons: reasons({ reply: 1 }) }),
    "Replayed 1 packet: 1 reply; passed over 1 record without IP",
  );
  t.equal(
    summaryText({ packets: 0, skipped: 0, drops: {}, reasons: reasons({}) }),
    "Replayed 0 packets",
  );
});
