import type { News2Part } from "./News2Part";

export type News2State = {
  total: number | null;
  partial: number;
  band: "low" | "low_medium" | "medium" | "high" | null;
  parts: Array<News2Part>;
};
