import { retryDelay, silentAfterMs } from './connection';
import { isSignedOut } from '../http/signedOut';
import { SseParser, type SseEvent } from './sseParser';

/** Longest wait for the first byte: a proxy may hold back the beginning of a response. */
const FIRST_BYTE_MS = 60_000;

/** State of the connection: closed because a proxy asks for a sign-in, or open, with the bytes received since. */
export type StreamStatus = { open: boolean; signedOut: boolean; bytes: number };

export type StreamHandlers = {
  status(status: StreamStatus): void;
  event(event: SseEvent): void;
};

/**
 * An event stream over `fetch` that recovers from every failure.
 *
 * Unlike `EventSource` it sees single bytes, so a large snapshot over a slow link counts as life, and
 * it sees the response, so a proxy's sign-in page is recognised.
 */
export class EventStream {
  #request: AbortController | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lastByte = performance.now();
  #status: StreamStatus = { open: false, signedOut: false, bytes: 0 };
  #heartbeatMs: number | null = null;
  readonly #watchdog: ReturnType<typeof setInterval>;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {
    this.#watchdog = setInterval(() => this.#checkSilence(), 1_000);
    void this.#connect();
  }

  /** The interval of heartbeats, from the snapshot. */
  set heartbeatMs(ms: number) {
    this.#heartbeatMs = ms;
  }

  close(): void {
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    this.#request?.abort();
    this.#request = null;
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.#lastByte = performance.now();
    let signedOut = false;
    try {
      const response = await fetch(this.url, {
        signal: request.signal,
        cache: 'no-store',
        headers: { accept: 'text/event-stream' },
        // A redirect leads to a sign-in page, often of another origin, whose content is not a stream.
        redirect: 'manual',
      });
      signedOut = isSignedOut(response, 'text/event-stream');
      if (!signedOut && response.ok && response.body) {
        this.#lastByte = performance.now();
        this.#report({ open: true, signedOut: false, bytes: 0 });
        await this.#read(response.body, request);
      }
    } catch {
      // Every failure is handled alike: the page shows it, and the stream reconnects.
    }
    if (this.#request !== request) return;
    request.abort();
    this.#report({ open: false, signedOut, bytes: 0 });
    this.#retry = setTimeout(() => void this.#connect(), retryDelay(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>, request: AbortController): Promise<void> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.#request !== request) return;
      this.#lastByte = performance.now();
      this.#report({ ...this.#status, bytes: this.#status.bytes + value.length });
      for (const event of parser.push(value)) {
        this.#attempt = 0;
        this.handlers.event(event);
      }
    }
  }

  #report(status: StreamStatus): void {
    this.#status = status;
    this.handlers.status(status);
  }

  /** Reconnects if a connection, open or opening, has brought no byte for too long. */
  #checkSilence(): void {
    if (this.#retry !== undefined) return;
    const limit = this.#status.bytes > 0 ? silentAfterMs(this.#heartbeatMs) : FIRST_BYTE_MS;
    if (performance.now() - this.#lastByte > limit) void this.#connect();
  }
}
