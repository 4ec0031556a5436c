/**
 * Request headers or trailers by lower-case name. Values of names that end in `-bin` are base64 as
 * they came; a name that came more than once has its values joined with `,`.
 */
export type Metadata = ReadonlyMap<string, string>;

export const EMPTY_METADATA: Metadata = new Map();
