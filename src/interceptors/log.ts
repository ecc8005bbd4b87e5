/** Where structured lines go: pino's shape, of which Fastify brings one. */
export interface Log {
  /** The least of the levels whose lines are kept. */
  readonly level?: string;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
