import { Counter, Gauge, type Registry } from "prom-client";

/** Makes metrics whose value is read when somebody scrapes. */
export interface Scraped {
  /** `read` answers undefined where there is no value to give. */
  gauge(name: string, help: string, read: () => number | undefined): void;
  /** `read` answers the total so far. */
  counter(name: string, help: string, read: () => number): void;
  /** A gauge that is 1 under one value of `label`. */
  label(name: string, help: string, label: string, read: () => string | undefined): void;
}

/** Metrics of `registry`. */
export function scraped(registry: Registry): Scraped {
  const registers = [registry];
  return {
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          const value = read();
          if (value !== undefined) this.set(value);
        },
      });
    },
    counter(name, help, read) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
    label(name, help, label, read) {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset();
          const value = read();
          if (value !== undefined) this.set({ [label]: value }, 1);
        },
      });
    },
  };
}
