/** Counts and times in plain numbers, cheap enough for hot paths; text when somebody asks. */
export { CONTENT_TYPE, exposition } from "./exposition.ts";
export { exponential, Histogram } from "./histogram.ts";
export { HistogramFamily } from "./histogram-family.ts";
export { LabelledHistogram, LabelledNumber } from "./labelled.ts";
export { counter, gauge, histogram, type Labels, type Metric, type Sample } from "./metric.ts";
