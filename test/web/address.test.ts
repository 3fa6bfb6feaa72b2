/**
 * The addresses at which a page can be asked to be served.
 */
import t from "tap";
import { parseWebAddress } from "../../src/web/address.ts";

t.test("an address is a port, an address, both, or nothing", async (t) => {
  t.same(parseWebAddress(""), { host: "127.0.0.1", port: 4787 });
  t.same(parseWebAddress("80"), { host: "127.0.0.1", port: 80 });
  t.same(parseWebAddress("0.0.0.0"), { host: "0.0.0.0", port: 4787 });
  t.same(parseWebAddress("[::1]:81"), { host: "::1", port: 81 });
  t.same(parseWebAddress("::1"), { host: "::1", port: 4787 });
  t.same(parseWebAddress("lb.example:82"), { host: "lb.example", port: 82 });
  for (const text of ["70000", "1.2.3.4:70000", "a b", "[lb]:80", "http://x", ":80"]) {
    t.throws(() => parseWebAddress(text), { name: "SyntaxError" }, text);
  }
});
