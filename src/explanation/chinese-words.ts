/**
 * The Chinese words for what explanations say by name.
 *
 * @module
 */
import type { Reuse } from "../engine/connection-reuse.ts";
import type { ConnectionFate, LookUp } from "../engine/explain/explanation.ts";
import type { TemplateRejection } from "../engine/persistence.ts";
import type { Basis, Standing } from "../engine/scheduler.ts";
import type { ForwardingMethod } from "../wire/ipvs-objects.ts";

export const CHINESE_STANDINGS: Readonly<Record<Standing, string>> = {
  chosen: "被选中",
  "weight-0": "权值为 0：不接收新连接",
  overloaded: "过载：已达到上限阈值",
  "more-loaded": "负载较高",
  "equal-but-later": "同样好，但在列表中靠后",
  "lower-weight": "权值较低",
  "no-room": "活动连接数超过权值",
  "out-of-turn": "还没有轮到",
  "below-bar": "权值低于本轮的门槛",
  "not-first-idle": "空闲，但不是第一台",
  "not-hashed": "哈希指向另一台",
  "not-remembered": "该地址记住的是另一台",
  overwhelmed: "被记住，但负载过重",
  "by-chance": "可能被抽中",
};

export const CHINESE_BASES: Readonly<Record<Basis, string>> = {
  "next-in-turn": "游标之后第一台可用的服务器",
  "reaches-bar": "下一台权值达到门槛的服务器",
  "least-load": "负载最低；相同时取第一台",
  "first-idle": "第一台没有活动连接的服务器",
  "highest-weight": "权值最高；相同时取第一台",
  "highest-weight-with-room": "仍有余量者中权值最高；相同时取第一台",
  hash: "哈希指向它",
  "hash-fallback": "哈希指向的服务器不可用，后备（fallback）指向它",
  remembered: "该地址记住的是它",
  "remembered-anew": "记住的服务器不能胜任：改选负载最低的",
  "not-remembered": "还没有记住任何服务器：选负载最低的",
  chance: "按权值抽取两台，取负载较低的一台",
  "nobody-usable": "没有可用的服务器",
  "hashed-unusable": "哈希指向的服务器不可用，又没有后备（fallback）",
  "nobody-has-room": "没有服务器仍有余量",
};

export const CHINESE_LOOK_UPS: Readonly<Record<LookUp["by"], string>> = {
  mark: "按防火墙标记",
  "address-and-port": "按地址和端口",
  ftp: "作为 FTP 数据",
  "any-port": "按地址，任意端口",
};

export const CHINESE_FATES: Readonly<Record<ConnectionFate, string>> = {
  none: "不属于任何连接",
  used: "属于已有的连接",
  "gives-way": "已有的连接让位给新连接",
  "server-removed": "连接的真实服务器已被移除：丢弃",
  "server-removed-gives-way": "连接的真实服务器已被移除：由新连接取代",
};

export const CHINESE_REUSES: Readonly<Record<Reuse, string>> = {
  quiesced: "其服务器权值为 0，且 expire_nodest_conn 已开启",
  over: "连接在此状态下已经结束",
  "fin-wait": "按 conn_reuse_mode 2，FIN_WAIT 状态的连接视为已结束",
  "reuse-off": "conn_reuse_mode 为 0，SYN 不会另建连接",
  controlled: "连接受模板或其他连接控制，SYN 不会另建连接",
  "in-use": "在此状态下 SYN 不会另建连接",
};

export const CHINESE_REJECTIONS: Readonly<Record<TemplateRejection, string>> = {
  "server-removed": "其服务器已被移除",
  "other-server": "它指向另一台服务器",
  "server-quiesced": "其服务器权值为 0，且 expire_quiescent_template 已开启",
};

export const CHINESE_METHODS: Readonly<Record<ForwardingMethod, string>> = {
  masquerade: "地址伪装（NAT）",
  "direct-route": "直接路由（DR）",
  tunnel: "隧道（TUN）",
  local: "本机",
  bypass: "旁路",
};

/** What schedulers compare, by the name they give it. */
export const CHINESE_FIGURES: Readonly<Record<string, string>> = {
  cursor: "游标",
  turn: "轮次",
  barBefore: "原门槛",
  bar: "门槛",
  highestBar: "最高门槛",
  step: "步长",
  load: "负载",
  bucket: "桶",
  buckets: "桶数",
  fallbackBucket: "后备桶",
  slot: "槽",
  slots: "槽数",
  fallbackSlot: "后备槽",
  hashedPort: "参与哈希的端口",
  hashed: "哈希命中",
  remembered: "已记住",
  members: "成员数",
  member: "成员",
  leaves: "将离开",
  total: "总计",
  drawn: "抽中概率",
  picked: "入选概率",
};
