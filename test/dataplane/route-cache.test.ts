import t from "tap";
import { RouteCache } from "../../dataplane/route-cache.ts";

const route = (mtu: number) => ({ local: false, mtu, source: new Uint32Array(4) });
const words = (a: number, d = 0) => Uint32Array.of(a, 0, 0, d);

t.test("find() tells families and all four words apart", (t) => {
  const cache = new RouteCache();
  // All of these have the same hash, that of the XOR of their words.
  cache.set(4, words(1), route(1));
  cache.set(6, words(1), route(2));
  cache.set(6, words(0, 1), route(3));
  t.equal(cache.at(cache.find(4, words(1)))?.mtu, 1);
  t.equal(cache.at(cache.find(6, words(1)))?.mtu, 2);
  t.equal(cache.at(cache.find(6, words(0, 1)))?.mtu, 3);
  t.equal(cache.find(4, words(2)), -1);
  t.end();
});

t.test("an address without route is remembered as well", (t) => {
  const cache = new RouteCache();
  cache.set(4, words(7), undefined);
  t.not(cache.find(4, words(7)), -1);
  t.equal(cache.at(cache.find(4, words(7))), undefined);
  cache.set(4, words(7), route(9));
  t.equal(cache.at(cache.find(4, words(7)))?.mtu, 9);
  cache.clear();
  t.equal(cache.find(4, words(7)), -1);
  t.end();
});

t.test("a full cache begins anew", (t) => {
  const cache = new RouteCache();
  for (let address = 0; address < 16384; address++) cache.set(4, words(address), route(address));
  for (let address = 0; address < 16384; address++) {
    if (cache.at(cache.find(4, words(address)))?.mtu !== address) t.fail(`address ${address}`);
  }
  cache.set(4, words(50000), route(50000));
  t.equal(cache.at(cache.find(4, words(50000)))?.mtu, 50000);
  t.equal(cache.find(4, words(3)), -1);
  t.end();
});
