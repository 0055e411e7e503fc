import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PatientState } from '../src/lib/wire/PatientState';
import type { TrendPoint } from '../src/lib/wire/TrendPoint';

/** The dashboard under test; pages and headers come from it. */
const DASHBOARD = new URL(process.env.DASHBOARD_URL ?? 'http://127.0.0.1:8080');

/** Interval of the heartbeats of a directed ward, ms. */
export const HEARTBEAT_MS = 1_000;

const SETTINGS = { heartbeat_ms: HEARTBEAT_MS, trend_points: 120, patient_silent_after_ms: 15_000 };

/**
 * A proxy in front of the dashboard that misbehaves on demand, and that can direct the live stream: the
 * test is then the ward.
 */
export class Stage {
  /** Delay of every byte of the live stream, ms. */
  delayMs = 0;
  /** Delays the responses of a directed ward to other requests by the same time. */
  delaysAll = false;
  /** Last sign of life of the watch of a directed ward, if it has stopped. */
  watchStoppedMs: number | null = null;
  /** The dashboard of a directed ward has restarted and is restoring earlier readings. */
  restoring = false;
  /** Bandwidth of the live stream; unlimited without. */
  bytesPerSecond: number | null = null;
  /** Path under which the proxy publishes the dashboard, without the slash at the end; it is removed. */
  prefix = '';
  /** Writes the prefix into the page, as a dashboard with this base path does. */
  publish = false;
  /** The session at the proxy has ended: it answers API requests itself. */
  signedOut: 'redirect' | 'page' | 'refusal' | null = null;
  /** Difference of the server's clock, for requests and events of a directed ward, ms. */
  clockMs = 0;
  /** Highest number of live streams that were open at one time. */
  mostStreams = 0;

  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  #patients: Map<string, PatientState> | null = null;
  #trends: Record<string, TrendPoint[]> = {};
  #beat: ReturnType<typeof setInterval> | undefined;

  constructor() {
    this.#server = createServer((incoming, outgoing) => this.#handle(incoming, outgoing));
  }

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
  }

  async stop(): Promise<void> {
    clearInterval(this.#beat);
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.prefix}`;
  }

  now(): number {
    return Date.now() + this.clockMs;
  }

  /** Directs the ward: a snapshot of `patients` for every stream. */
  direct(patients: readonly PatientState[], trends: Record<string, TrendPoint[]> = {}): void {
    this.#patients = new Map(patients.map((one) => [one.patient_id, one]));
    this.#trends = trends;
    this.#beat ??= setInterval(() => this.#send('heartbeat', this.#heartbeat()), HEARTBEAT_MS);
    for (const stream of this.#streams) this.#open(stream);
  }

  /** Sends changed patients of a directed ward. */
  update(...patients: PatientState[]): void {
    for (const one of patients) this.#patients?.set(one.patient_id, one);
    this.#send('update', { ...this.#times(), patients });
  }

  /** Breaks the open streams, as a proxy does at the end of a session. */
  drop(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** Restarts the dashboard of a directed ward: it knows only `patients` and restores the others. */
  restart(patients: readonly PatientState[]): void {
    this.restoring = true;
    this.#patients = new Map(patients.map((one) => [one.patient_id, one]));
    this.drop();
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const path = (incoming.url ?? '/').slice(this.prefix.length) || '/';
    if (!incoming.url?.startsWith(this.prefix)) return this.#refuse(outgoing, 404, 'text/plain');
    if (this.signedOut && path.startsWith('/api/')) return this.#askToSignIn(outgoing);
    if (path === '/api/time' && this.#patients) return this.#time(outgoing);
    if (path.startsWith('/api/live')) {
      this.#count(outgoing);
      if (this.#patients) return this.#openDirected(outgoing);
    }
    this.#forward(path, incoming, outgoing);
  }

  #forward(path: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { hostname, port } = DASHBOARD;
    const headers = { ...incoming.headers, host: DASHBOARD.host, ...(this.publish ? { 'accept-encoding': 'identity' } : {}) };
    const upstream = request({ hostname, port, path, method: incoming.method, headers }, (response) => {
      if (this.publish && response.headers['content-type']?.startsWith('text/html')) return void this.#publish(response, outgoing);
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      if (path.startsWith('/api/live')) this.#pump(response, outgoing);
      else response.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  }

  async #publish(response: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let page = '';
    for await (const chunk of response) page += String(chunk);
    const { 'content-length': _length, ...headers } = response.headers;
    outgoing.writeHead(response.statusCode ?? 502, headers).end(page.replaceAll('="/', `="${this.prefix}/`));
  }

  /** Forwards the stream late and thin. The time of a chunk is kept, whatever waits before it. */
  #pump(response: IncomingMessage, outgoing: ServerResponse): void {
    let free = 0;
    response.on('data', (chunk: Buffer) => {
      const rate = this.bytesPerSecond;
      const size = rate === null ? chunk.length : Math.max(1, Math.floor(rate / 10));
      for (let at = 0; at < chunk.length; at += size) {
        const piece = chunk.subarray(at, at + size);
        free = Math.max(free, Date.now() + this.delayMs) + (rate === null ? 0 : (piece.length / rate) * 1_000);
        setTimeout(() => outgoing.write(piece), free - Date.now());
      }
    });
    response.on('error', () => outgoing.destroy());
  }

  #count(outgoing: ServerResponse): void {
    this.#streams.add(outgoing);
    this.mostStreams = Math.max(this.mostStreams, this.#streams.size);
    outgoing.on('close', () => this.#streams.delete(outgoing));
  }

  #openDirected(outgoing: ServerResponse): void {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    this.#open(outgoing);
  }

  #open(stream: ServerResponse): void {
    const patients = [...(this.#patients?.values() ?? [])];
    const snapshot = { ...this.#times(), settings: SETTINGS, patients, trends: this.#trends };
    this.#write(stream, 'snapshot', snapshot);
    this.#write(stream, 'heartbeat', this.#heartbeat());
  }

  #heartbeat(): object {
    return { server_time_ms: this.now(), connected: true, restoring: this.restoring, newest_arrival_ms: this.now(), skipped: 0 };
  }

  /** The times of a snapshot or an update. */
  #times(): { server_time_ms: number; newest_arrival_ms: number; watch_stopped_ms: number | null } {
    return { server_time_ms: this.now(), newest_arrival_ms: this.now(), watch_stopped_ms: this.watchStoppedMs };
  }

  #send(name: string, data: object): void {
    for (const stream of this.#streams) this.#write(stream, name, data);
  }

  #write(stream: ServerResponse, name: string, data: object): void {
    const text = `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    if (this.delayMs > 0) setTimeout(() => stream.write(text), this.delayMs);
    else stream.write(text);
  }

  #askToSignIn(outgoing: ServerResponse): void {
    if (this.signedOut === 'redirect') outgoing.writeHead(302, { location: 'https://sign-in.example/' }).end();
    else if (this.signedOut === 'page') this.#refuse(outgoing, 200, 'text/html');
    else this.#refuse(outgoing, 401, 'text/html');
  }

  #refuse(outgoing: ServerResponse, status: number, type: string): void {
    outgoing.writeHead(status, { 'content-type': type }).end('<h1>Sign in</h1>');
  }

  #time(outgoing: ServerResponse): void {
    const body = { server_time_ms: this.now() };
    setTimeout(() => this.#json(outgoing, body), this.delaysAll ? this.delayMs : 0);
  }

  #json(outgoing: ServerResponse, body: object): void {
    outgoing.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
  }
}
