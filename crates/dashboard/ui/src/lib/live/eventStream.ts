import { retryDelay, SILENCE_MS } from './connection';
import type { Heartbeat } from '../wire/Heartbeat';
import type { WardSnapshot } from '../wire/WardSnapshot';
import type { WardUpdate } from '../wire/WardUpdate';

export type StreamHandlers = {
  open(): void;
  lost(): void;
  snapshot(snapshot: WardSnapshot): void;
  update(update: WardUpdate): void;
  heartbeat(heartbeat: Heartbeat): void;
};

/**
 * The live stream, kept alive.
 *
 * The browser reconnects by itself after a broken connection, but not after an error answer and
 * not when a connection is dead without having been closed; both are looked after here.
 */
export class LiveStream {
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lastMs = Date.now();
  readonly #watchdog: ReturnType<typeof setInterval>;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {
    this.#connect();
    this.#watchdog = setInterval(() => this.#watch(), 1_000);
  }

  close(): void {
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#lastMs = Date.now();
    const source = new EventSource(this.url);
    this.#source = source;
    source.onopen = () => this.handlers.open();
    source.onerror = () => this.#failed(source);
    this.#listen<WardSnapshot>(source, 'snapshot', (data) => this.handlers.snapshot(data));
    this.#listen<WardUpdate>(source, 'update', (data) => this.handlers.update(data));
    this.#listen<Heartbeat>(source, 'heartbeat', (data) => this.handlers.heartbeat(data));
  }

  #listen<T>(source: EventSource, name: string, handle: (data: T) => void): void {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      this.#lastMs = Date.now();
      this.#attempt = 0;
      handle(JSON.parse(event.data) as T);
    });
  }

  #failed(source: EventSource): void {
    this.handlers.lost();
    if (source.readyState === EventSource.CLOSED) this.#later();
  }

  #watch(): void {
    const open = this.#source?.readyState === EventSource.OPEN;
    if (open && Date.now() - this.#lastMs > SILENCE_MS) {
      this.handlers.lost();
      this.#connect();
    }
  }

  #later(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), retryDelay(this.#attempt, Math.random()));
    this.#attempt += 1;
  }
}
