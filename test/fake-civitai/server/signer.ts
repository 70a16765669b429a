import { createHmac, randomBytes } from 'node:crypto';

/** What a signed URL allows. Times are seconds since 1970. */
export interface Grant {
  readonly path: string;
  readonly issued: number;
  readonly expires: number;
  readonly disposition: string;
}

/** Signs and checks grants. `revokeAll` makes all signatures invalid. */
export class Signer {
  #secret = randomBytes(32);

  sign({ path, issued, expires, disposition }: Grant): string {
    const text = [path, issued, expires, disposition].join('\n');
    return createHmac('sha256', this.#secret).update(text).digest('hex');
  }

  accepts(grant: Grant, signature: string | null): boolean {
    return signature === this.sign(grant) && Date.now() < grant.expires * 1000;
  }

  revokeAll(): void {
    this.#secret = randomBytes(32);
  }
}
