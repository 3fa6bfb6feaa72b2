/**
 * What a keeper tells whoever started it, once.
 *
 * @module
 */

/** Everything stands, and the URL of the page if one is served; or the reason why nothing does, in a sentence without final period. */
export type KeeperReport =
  | { readonly kind: "standing"; readonly page?: string | undefined }
  | { readonly kind: "failed"; readonly sentence: string };
