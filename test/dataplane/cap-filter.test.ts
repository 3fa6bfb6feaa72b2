import t from "tap";
import { capFilter } from "../../dataplane/cap-filter.ts";
import { type Address, parseAddress } from "../../src/net/address.ts";

const NONE = { requests: [], replies: [], questions: false };

function addresses(...texts: readonly string[]): readonly Address[] {
  return texts.map(parseAddress);
}

t.test("a filter names the addresses packets go to and come from", async (t) => {
  const requests = addresses("192.168.1.100", "2001:db8::9");
  const replies = addresses("10.0.0.2");
  t.equal(
    capFilter({ requests, replies, questions: false }),
    "ip dst host 192.168.1.100 or ip src host 10.0.0.2 or ip6 dst host 2001:db8::9",
  );
});

t.test("questions for addresses pass where they are wanted", async (t) => {
  t.equal(capFilter({ ...NONE, questions: true }), "arp or (icmp6 and ip6[40] = 135)");
  t.equal(capFilter(NONE), "less 1", "nothing passes otherwise");
});

t.test("of many addresses none is named, and their families pass once", async (t) => {
  const many = Array.from({ length: 199 }, (_, index) => `10.0.0.${index}`);
  const requests = addresses(...many);
  const few = capFilter({ requests, replies: addresses("10.1.0.1"), questions: false });
  t.equal(few.split(" or ").length, 200);
  const replies = addresses("10.1.0.1", "2001:db8::9");
  t.equal(capFilter({ requests, replies, questions: true }).split(" or arp")[0], "ip or ip6");
});
