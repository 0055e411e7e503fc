import { retryDelay, silentAfterMs } from './connection';
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
 * An `EventSource` that recovers from every failure.
 *
 * The browser reconnects after a broken connection, but not after an HTTP error, and it does not
 * detect a dead connection. This class handles both.
 */
export class EventStream {
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lastEventMs = Date.now();
  #heartbeatMs: number | null = null;
  readonly #watchdog: ReturnType<typeof setInterval>;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {
    this.#connect();
    this.#watchdog = setInterval(() => this.#checkSilence(), 1_000);
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
    this.#lastEventMs = Date.now();
    const source = new EventSource(this.url);
    this.#source = source;
    source.onopen = () => this.handlers.open();
    source.onerror = () => this.#handleError(source);
    this.#listen<WardSnapshot>(source, 'snapshot', (snapshot) => {
      this.#heartbeatMs = snapshot.settings.heartbeat_ms;
      this.handlers.snapshot(snapshot);
    });
    this.#listen<WardUpdate>(source, 'update', (update) => this.handlers.update(update));
    this.#listen<Heartbeat>(source, 'heartbeat', (heartbeat) => this.handlers.heartbeat(heartbeat));
  }

  #listen<T>(source: EventSource, name: string, handle: (data: T) => void): void {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      this.#lastEventMs = Date.now();
      this.#attempt = 0;
      handle(JSON.parse(event.data) as T);
    });
  }

  #handleError(source: EventSource): void {
    this.handlers.lost();
    // Closed: the browser gives up after an HTTP error.
    if (source.readyState === EventSource.CLOSED) this.#scheduleReconnect();
  }

  #checkSilence(): void {
    const open = this.#source?.readyState === EventSource.OPEN;
    if (open && Date.now() - this.#lastEventMs > silentAfterMs(this.#heartbeatMs)) {
      this.handlers.lost();
      this.#connect();
    }
  }

  #scheduleReconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), retryDelay(this.#attempt, Math.random()));
    this.#attempt += 1;
  }
}
