import { isAbort, predict } from '../http/api';
import type { ModelFeature } from '../model/ModelDescription';
import type { Prediction } from '../model/Prediction';
import { Problem, splitErrors } from '../http/problem';
import { parseForm } from './riskForm';

/** Moving a slider asks at most this often. */
const DEBOUNCE_MS = 120;

/** The form's values, and the model's answer to the newest of them. */
export class Predictor {
  values = $state<Record<string, string>>({});
  #prediction = $state.raw<Prediction | null>(null);
  #errors = $state.raw<Record<string, string>>({});
  #problem = $state.raw<Problem | null>(null);
  #rest = $state.raw<string[]>([]);
  #busy = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  constructor(private readonly features: readonly ModelFeature[]) {}

  get prediction(): Prediction | null {
    return this.#prediction;
  }

  /** What is wrong with each field, in the model's words. */
  get errors(): Record<string, string> {
    return this.#errors;
  }

  /** What is wrong with the request as a whole. */
  get rest(): string[] {
    return this.#rest;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** The answer that is shown belongs to older values. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Asks soon, unless the values change again before. */
  later(): void {
    clearTimeout(this.#timer);
    this.#busy = true;
    this.#timer = setTimeout(() => void this.ask(), DEBOUNCE_MS);
  }

  /** Asks now; an answer to older values that is still on its way is not wanted any more. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    this.#request?.abort();
    const { body, errors } = parseForm(this.features, this.values);
    if (Object.keys(errors).length > 0) return this.#reject(errors);
    const request = new AbortController();
    this.#request = request;
    this.#busy = true;
    try {
      const prediction = await predict(body, request.signal);
      this.#prediction = prediction;
      this.#reject({});
    } catch (error) {
      if (isAbort(error) || request.signal.aborted) return;
      this.#failed(error instanceof Problem ? error : new Problem('The prediction failed', String(error), 0));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }

  #failed(problem: Problem): void {
    const { byField, rest } = splitErrors(
      problem.fields,
      this.features.map((feature) => feature.name),
    );
    this.#reject(byField, rest);
    if (problem.fields.length === 0) this.#problem = problem;
  }

  #reject(errors: Record<string, string>, rest: string[] = []): void {
    this.#errors = errors;
    this.#rest = rest;
    this.#problem = null;
    this.#busy = false;
  }
}
