/**
 * The keywords that have no effect on the table, each with the reason it is left out.
 *
 * Source: keepalived.conf(5), version 2.2.7.
 *
 * @module
 */

const HEALTH = "health checks are not emulated: every real server is taken to be healthy";
const NOTICE = "scripts and mails are not emulated";
const LABEL = "it has no effect on the table";
const OTHER = "it is not about the table";
const CHECK_TIMING = [
  "connect_timeout",
  "retry",
  "delay_before_retry",
  "warmup",
  "delay_loop",
  "alpha",
];

function reasons(
  ...groups: readonly (readonly [reason: string, names: readonly string[]])[]
): ReadonlyMap<string, string> {
  return new Map(groups.flatMap(([reason, names]) => names.map((name) => [name, reason] as const)));
}

/** Of a file. */
export const TOP_KEYWORDS = reasons(
  [HEALTH, ["SSL", "bfd_instance"]],
  [
    OTHER,
    [
      "global_defs",
      "net_namespace",
      "net_namespace_ipvs",
      "namespace_with_ipsets",
      "use_pid_dir",
      "instance",
      "linkbeat_use_polling",
      "linkbeat_interfaces",
      "static_ipaddress",
      "static_routes",
      "static_rules",
      "garp_group",
      "interface_up_down_delays",
      "track_group",
      "track_file",
      "track_process",
      "vrrp_instance",
      "vrrp_sync_group",
      "vrrp_script",
      "vrrp_track_process",
      "vrrp_track_file",
      "vrrp_vip_group",
      "include_check",
    ],
  ],
);

/** Of a virtual server. */
export const SERVICE_KEYWORDS = reasons(
  [HEALTH, [...CHECK_TIMING, "omega", "ha_suspend", "inhibit_on_failure"]],
  [NOTICE, ["quorum_up", "quorum_down", "smtp_alert"]],
  [LABEL, ["virtualhost", "snmp_name", "hashed"]],
);

/** Of a real server. */
export const SERVER_KEYWORDS = reasons(
  [
    HEALTH,
    [
      ...CHECK_TIMING,
      "inhibit_on_failure",
      "HTTP_GET",
      "SSL_GET",
      "TCP_CHECK",
      "SMTP_CHECK",
      "DNS_CHECK",
      "MISC_CHECK",
      "BFD_CHECK",
      "UDP_CHECK",
      "PING_CHECK",
      "FILE_CHECK",
    ],
  ],
  [NOTICE, ["notify_up", "notify_down", "smtp_alert"]],
  [LABEL, ["virtualhost", "snmp_name"]],
);
