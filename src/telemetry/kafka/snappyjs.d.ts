declare module "snappyjs" {
  export function compress(bytes: Buffer): Buffer;
  /** @throws when the block is broken or longer than `maxLength`. */
  export function uncompress(compressed: Buffer, maxLength?: number): Buffer;
}
