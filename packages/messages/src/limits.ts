/** Levels of objects and lists in a JSON text, those in unknown fields included (as Go's parser). */
export const MAX_JSON_DEPTH = 10_000;
/** Bytes of a refused JSON value that an error shows. */
export const MAX_JSON_QUOTE_BYTES = 256;
