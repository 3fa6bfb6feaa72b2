import t from "tap";
import { schedulers } from "../../schedulers/index.ts";

t.test("the registry has every scheduler under its own name", async (t) => {
  t.same(
    [...schedulers.keys()].sort(),
    "dh fo lblc lblcr lc mh nq ovf rr sed sh twos wlc wrr".split(" "),
  );
  for (const [name, module] of schedulers) t.equal(module.name, name);
});
