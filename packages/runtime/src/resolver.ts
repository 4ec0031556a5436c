/** A service record (RFC 2782). */
export interface ServiceRecord {
  /** With or without a dot at the end. */
  readonly name: string;
  readonly port: number;
}

/** Finds addresses of names. */
export interface Resolver {
  /** Addresses of a host, the preferred one first. Rejects when there are none. */
  addresses(host: string): Promise<readonly string[]>;
  /** Records of `_service._tcp.domain`. Rejects when there are none. */
  services(service: string, domain: string): Promise<readonly ServiceRecord[]>;
}
