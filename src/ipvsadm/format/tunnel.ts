/**
 * How a real server's tunnel is shown and saved.
 *
 * @module
 */
import { type DestinationConfig, TUNNEL_FLAG, TUNNEL_TYPE } from "../../wire/ipvs-objects.ts";

/** Checksum modes: as `--tun-info` shows them, and as the option is called. */
const CHECKSUMS = {
  none: { shown: "-c", option: "--tun-nocsum" },
  local: { shown: "+c", option: "--tun-csum" },
  remote: { shown: "r+c", option: "--tun-remcsum" },
} as const;

/** Longest text `--tun-info` shows. */
const TEXT_MAX = 15;

function checksum(config: DestinationConfig): (typeof CHECKSUMS)[keyof typeof CHECKSUMS] {
  if ((config.tunnelFlags & TUNNEL_FLAG.checksum) !== 0) return CHECKSUMS.local;
  if ((config.tunnelFlags & TUNNEL_FLAG.remoteChecksum) !== 0) return CHECKSUMS.remote;
  return CHECKSUMS.none;
}

/** Returns the tunnel in one word, `n/a` for a server that is not reached through one. */
export function tunnelText(config: DestinationConfig): string {
  if (config.method !== "tunnel") return "n/a";
  const mode = checksum(config).shown;
  switch (config.tunnelType) {
    case TUNNEL_TYPE.gue:
      return `gue:${config.tunnelPort}:${mode}`.slice(0, TEXT_MAX);
    case TUNNEL_TYPE.gre:
      return `gre:${mode}`;
    default:
      return "ipip";
  }
}

/** Returns the options that restore the tunnel, each after a blank; none for other methods. */
export function tunnelOptions(config: DestinationConfig): string {
  if (config.method !== "tunnel") return "";
  const mode = checksum(config).option;
  switch (config.tunnelType) {
    case TUNNEL_TYPE.gue:
      return ` --tun-type gue --tun-port ${config.tunnelPort} ${mode}`;
    case TUNNEL_TYPE.gre:
      return ` --tun-type gre ${mode}`;
    default:
      return " --tun-type ipip";
  }
}
