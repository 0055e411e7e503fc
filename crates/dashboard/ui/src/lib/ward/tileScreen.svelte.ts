import { flushSync } from 'svelte';
import { live } from '../live/liveWard.svelte';
import type { PatientState } from '../wire/PatientState';
import { advance, isBehind, pruned, withStates, type Displayed } from './tileQueue';

/** Time for adding tiles in one frame, ms. Their layout and paint take about twice as long. */
const ADDING_MS = 4;

/** Longest wait for a frame: a hidden page draws none. */
const FRAME_MS = 1_000;

/**
 * The tiles near the screen. They change in animation frames only, a few in each, however often the
 * ward changes in between. Belongs to the component that creates it.
 */
export class TileScreen {
  #displayed = $state.raw<Displayed>(new Map());
  #pending: { frame: number; timer: ReturnType<typeof setTimeout> } | null = null;
  readonly #near: () => readonly PatientState[];
  /** The states that the tiles show, in the order of the ward. */
  readonly shown: PatientState[] = $derived.by(() => this.#near().flatMap((patient) => this.#displayed.get(patient.patient_id) ?? []));

  /** `near` are the current states of the patients near the screen. */
  constructor(near: () => readonly PatientState[]) {
    this.#near = near;
    $effect(() => {
      this.#displayed = pruned(this.#displayed, near());
      if (this.#isIncomplete() || near().some((patient) => isBehind(this.#displayed, patient))) this.#schedule();
    });
    $effect(() => live.follow(new Set(near().map((patient) => patient.patient_id))));
    $effect(() => () => this.#cancel());
  }

  #isIncomplete(): boolean {
    return this.shown.length < this.#near().length;
  }

  #schedule(): void {
    this.#pending ??= {
      frame: requestAnimationFrame(() => this.#refresh()),
      timer: setTimeout(() => this.#refreshAll(), FRAME_MS),
    };
  }

  #cancel(): void {
    if (this.#pending) cancelAnimationFrame(this.#pending.frame);
    clearTimeout(this.#pending?.timer);
    this.#pending = null;
  }

  /** Brings some tiles up to date, and adds one after the other until the time is up. The effect schedules the rest. */
  #refresh(): void {
    this.#cancel();
    const start = performance.now();
    const step = advance(this.#displayed, this.#near());
    this.#displayed = step.displayed;
    live.painted(step.changed);
    do {
      const next = this.#near().find((patient) => !this.#displayed.has(patient.patient_id));
      if (next) this.#displayed = withStates(this.#displayed, [next]);
      flushSync();
    } while (this.#isIncomplete() && performance.now() - start < ADDING_MS);
  }

  /** A hidden page draws no frames. Its tiles become current at once, so that they are when it is shown. */
  #refreshAll(): void {
    this.#cancel();
    this.#displayed = withStates(this.#displayed, this.#near());
  }
}
