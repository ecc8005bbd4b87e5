/**
 * An answer that is already MLflow's JSON: Postgres makes the text and the REST mount passes it on in chunks, so a long
 * history needs neither memory nor a second encoding (spikes.md §4). Only for callers that set `acceptsJsonText`.
 */
export class JsonText {
  readonly chunks: AsyncIterable<string>;

  constructor(chunks: AsyncIterable<string>) {
    this.chunks = chunks;
  }
}
