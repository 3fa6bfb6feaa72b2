/**
 * ip_vs of a kernel that runs as a process in the place of the director: what one would use without its
 * modules in the kernel of the host.
 *
 * Its interfaces are TAPs, each bridged to the link it takes the place of; the director's own addresses are
 * the guest's for that time.
 *
 * @module
 */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Guest } from "../../src/parity/guest.ts";
import type { Launch } from "../../src/parity/machine.ts";
import { debianUml, UML_PACKAGE, umlMachine } from "../../src/parity/uml.ts";
import { type Bed, DIRECTOR_ADDRESSES } from "./bed.ts";

/** Boots the guest with these rules and returns what ends it. */
export async function uml(bed: Bed, rules: string): Promise<() => Promise<void>> {
  const { director } = bed;
  const links = DIRECTOR_ADDRESSES.map(({ link }, index) => ({
    link,
    tap: `tap${index}`,
    bridge: `br${index}`,
  }));
  await bed.setAddresses(false);
  await director.ip(
    links.flatMap(({ link, tap, bridge }) => [
      `tuntap add dev ${tap} mode tap`,
      `link add ${bridge} type bridge forward_delay 0`,
      `link set ${tap} master ${bridge} up`,
      `link set ${link} master ${bridge}`,
      `link set ${bridge} up`,
    ]),
  );
  const restore = async (): Promise<void> => {
    await director.ip(
      links.flatMap(({ link, tap, bridge }) => [
        `link set ${link} nomaster`,
        `link del ${bridge}`,
        `link del ${tap}`,
      ]),
    );
    await bed.setAddresses(true);
  };
  try {
    const guest = await boot(
      bed,
      rules,
      links.map(({ tap }) => tap),
    );
    return async () => {
      await guest.close();
      await restore();
    };
  } catch (error) {
    await restore();
    throw error;
  }
}

async function boot({ director }: Bed, rules: string, taps: readonly string[]): Promise<Guest> {
  const kernel = debianUml();
  if (kernel === undefined) throw new Error(`needs the package ${UML_PACKAGE}`);
  const program = new URL(`./uml-program${extname(import.meta.url)}`, import.meta.url);
  const order = {
    rules,
    links: DIRECTOR_ADDRESSES.map(({ addresses }, index) => ({ name: `vec${index}`, addresses })),
  };
  const machine = umlMachine(kernel, {
    program: [fileURLToPath(program), JSON.stringify(order)],
    words: taps.map((tap, index) => `vec${index}:transport=tap,ifname=${tap},depth=128,gro=1`),
  });
  const guest = await Guest.boot({
    ...machine,
    launch: (folder) => inNamespace(director, machine.launch(folder)),
  });
  const answer = (await guest.channel.receive()) as { readonly error?: string };
  if (answer.error === undefined) return guest;
  await guest.close();
  throw new Error(`ip_vs in user-mode Linux: ${answer.error}`);
}

/** Returns what starts the same in a host's network namespace. */
function inNamespace(host: Bed["director"], { program, words, env }: Launch): Launch {
  const [enter = "", ...rest] = host.enter([program, ...words]);
  return { program: enter, words: rest, env };
}
