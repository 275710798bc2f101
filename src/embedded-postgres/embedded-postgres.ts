export interface EmbeddedPostgresOptions {
  /** Where data, log and passwords live, e.g. `.rowhouse`; made when it is missing. */
  directory: string;
  /** 0 or left out: the port of the last start, else a free one. */
  port?: number;
  /** false only for throw-away data: faster, but a crash of the machine loses everything. */
  durable?: boolean;
  /** Server parameters by name, for a server that is started; an already running one keeps its own. */
  settings?: Readonly<Record<string, string>>;
  /** Told, in words for a person, before each step that takes time and when something unusual is done. */
  onProgress?: (message: string) => void;
}

/** A running server. All URLs point to 127.0.0.1 and contain the role's password. */
export interface EmbeddedPostgres {
  /** Database `postgres` as a superuser: for administration only. */
  superuserUrl: string;
  /** Database `rowhouse` as the role that owns and migrates it. */
  ownerUrl: string;
  /** Database `rowhouse` as the role that serves requests. */
  appUrl: string;
  port: number;
  /** Of the server, e.g. `18.4`. */
  version: string;
  /** It was already running: shared with another process, or left over from one that was killed. */
  reused: boolean;
  /**
   * Gives the server up. The last user stops it (open transactions roll back) and waits until it is
   * gone; while another live process uses it, it stays.
   */
  stop(): Promise<void>;
}
