import { explain, isAbort } from '../http/api';
import { isTransient, ProblemError, splitErrors } from '../http/problem';
import { parseForm } from './riskForm';
import type { FeatureDescription } from '../wire/model/FeatureDescription';
import type { Explanation } from '../wire/model/Explanation';

/** Minimum delay between a change and its request, so that a moving slider sends few. */
const DEBOUNCE_MS = 120;

/** Time after a change from which on the previous prediction is marked as such: a prediction that comes sooner does not flicker. */
export const OLD_AFTER_MS = 300;

/** Pause before another attempt after a failure of the server or the network. */
export const RETRY_MS = 5_000;

/** The form's values, and the prediction for the most recent of them. */
export class Predictor {
  values = $state<Record<string, string>>({});
  #prediction = $state.raw<Explanation | null>(null);
  #errors = $state.raw<Record<string, string>>({});
  #problem = $state.raw<ProblemError | null>(null);
  #formErrors = $state.raw<string[]>([]);
  #busy = $state(false);
  #overdue = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #overdueTimer: ReturnType<typeof setTimeout> | undefined;
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

  /** True while a prediction for the present values has not come for `OLD_AFTER_MS`. */
  get overdue(): boolean {
    return this.#overdue;
  }

  /** True if the displayed prediction is marked as one for previous values: there is none for the present ones. */
  get outdated(): boolean {
    return this.#overdue || this.#problem !== null || this.#formErrors.length > 0 || Object.keys(this.#errors).length > 0;
  }

  /** Schedules a prediction; another change restarts the delay. */
  schedule(): void {
    clearTimeout(this.#timer);
    // A response for values in between would pass for one for the present values.
    this.#request?.abort();
    this.#wait();
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
    this.#wait();
    try {
      const prediction = await explain(body, request.signal);
      if (request.signal.aborted) return;
      this.#prediction = prediction;
      this.#finish({});
    } catch (error) {
      if (isAbort(error) || request.signal.aborted) return;
      this.#handleFailure(error instanceof ProblemError ? error : new ProblemError('The prediction failed', String(error), 0));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#overdueTimer);
    this.#request?.abort();
  }

  #handleFailure(problem: ProblemError): void {
    const { byField, rest } = splitErrors(
      problem.fields,
      this.features.map((feature) => feature.name),
    );
    this.#finish(byField, rest);
    if (problem.fields.length > 0) return;
    this.#problem = problem;
    if (isTransient(problem)) this.#timer = setTimeout(() => void this.predict(), RETRY_MS);
  }

  /** The delay counts from the first change since the last prediction. */
  #wait(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#overdueTimer = setTimeout(() => (this.#overdue = true), OLD_AFTER_MS);
  }

  #finish(errors: Record<string, string>, formErrors: string[] = []): void {
    this.#errors = errors;
    this.#formErrors = formErrors;
    this.#problem = null;
    this.#busy = false;
    clearTimeout(this.#overdueTimer);
    this.#overdue = false;
  }
}
