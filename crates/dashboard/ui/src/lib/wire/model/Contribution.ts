export type Contribution = { feature: string, value: number, used_value: number, imputed: boolean, contribution: number, };
