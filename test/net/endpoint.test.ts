import t from "tap";
import { formatEndpoint, parseEndpoint } from "../../src/net/endpoint.ts";

t.test("an endpoint is written as it is read, IPv6 in brackets", async (t) => {
  for (const text of ["192.0.2.1:80", "[2001:db8::1]:0", "[::]:65535"]) {
    t.equal(formatEndpoint(parseEndpoint(text)), text);
  }
});

t.test("parseEndpoint() refuses a missing or impossible port, and quotes the text", async (t) => {
  for (const text of [
    "192.0.2.1",
    "192.0.2.1:",
    "192.0.2.1:65536",
    "2001:db8::1",
    "[::1]",
    "x:1",
  ]) {
    t.throws(() => parseEndpoint(text), SyntaxError, text);
  }
});
