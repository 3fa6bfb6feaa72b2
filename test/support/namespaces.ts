/**
 * Whether a test may build a laboratory of namespaces here.
 *
 * @module
 */
import { findGround } from "../../src/lab/ground.ts";
import { lacking } from "./requirement.ts";

/** Returns `false`, or the sentence to skip a test with. */
export async function noNamespaces(): Promise<string | false> {
  const ground = await findGround();
  if (ground.kind === "direct") return false;
  return lacking(
    ground.kind === "none"
      ? `network namespaces cannot be had: ${ground.reason}`
      : "network namespaces need root; run the tests below unshare --user --map-root-user",
  );
}
