export type HistorySeries = {
  min: Array<number | null>;
  avg: Array<number | null>;
  max: Array<number | null>;
  count: Array<number>;
};
