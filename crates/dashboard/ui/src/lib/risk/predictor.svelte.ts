import { explain, isAbort } from '../http/api';
import { ProblemError, splitErrors } from '../http/problem';
import { parseForm } from './riskForm';
import type { FeatureDescription } from '../wire/model/FeatureDescription';
import type { Explanation } from '../wire/model/Explanation';

/** Minimum delay between a change and its request, so that a moving slider sends few. */
const DEBOUNCE_MS = 120;

/** The form's values, and the prediction for the most recent of them. */
export class Predictor {
  values = $state<Record<string, string>>({});
  #prediction = $state.raw<Explanation | null>(null);
  #errors = $state.raw<Record<string, string>>({});
  #problem = $state.raw<ProblemError | null>(null);
  #formErrors = $state.raw<string[]>([]);
  #busy = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #request: AbortController | null = null;

  constructor(private readonly features: readonly FeatureDescription[]) {}

  get prediction(): Explanation | null {
    return this.#prediction;
  }

  /** Error message of each invalid field, from the model server. */
  get errors(): Record<string, string> {
    return this.#errors;
  }

  /** Error messages of the request as a whole. */
  get formErrors(): string[] {
    return this.#formErrors;
  }

  get problem(): ProblemError | null {
    return this.#problem;
  }

  /** True while the displayed prediction belongs to older values. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Schedules a prediction; another change restarts the delay. */
  schedule(): void {
    clearTimeout(this.#timer);
    this.#busy = true;
    this.#timer = setTimeout(() => void this.predict(), DEBOUNCE_MS);
  }

  /** Sends a request now, and aborts an in-flight one for older values. */
  async predict(): Promise<void> {
    clearTimeout(this.#timer);
    this.#request?.abort();
    const { body, errors } = parseForm(this.features, this.values);
    if (Object.keys(errors).length > 0) return this.#finish(errors);
    const request = new AbortController();
    this.#request = request;
    this.#busy = true;
    try {
      const prediction = await explain(body, request.signal);
      this.#prediction = prediction;
      this.#finish({});
    } catch (error) {
      if (isAbort(error) || request.signal.aborted) return;
      this.#handleFailure(error instanceof ProblemError ? error : new ProblemError('The prediction failed', String(error), 0));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }

  #handleFailure(problem: ProblemError): void {
    const { byField, rest } = splitErrors(
      problem.fields,
      this.features.map((feature) => feature.name),
    );
    this.#finish(byField, rest);
    if (problem.fields.length === 0) this.#problem = problem;
  }

  #finish(errors: Record<string, string>, formErrors: string[] = []): void {
    this.#errors = errors;
    this.#formErrors = formErrors;
    this.#problem = null;
    this.#busy = false;
  }
}
