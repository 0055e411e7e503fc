export type SseEvent = { name: string; data: string };

/** A parser of `text/event-stream`. It keeps the unfinished line and event between two chunks. */
export class SseParser {
  #rest = '';
  #name = '';
  #data: string[] = [];

  /** The events that `chunk` completes. */
  push(chunk: string): SseEvent[] {
    const events: SseEvent[] = [];
    const text = this.#rest + chunk;
    let start = 0;
    // Only the new part can contain the end of the unfinished line: a large snapshot arrives in many chunks.
    let end = text.indexOf('\n', this.#rest.length);
    while (end >= 0) {
      const event = this.#line(text.slice(start, text[end - 1] === '\r' ? end - 1 : end));
      if (event) events.push(event);
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    this.#rest = text.slice(start);
    return events;
  }

  #line(line: string): SseEvent | null {
    if (line === '') return this.#finish();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    return null;
  }

  #finish(): SseEvent | null {
    const event = this.#data.length > 0 ? { name: this.#name || 'message', data: this.#data.join('\n') } : null;
    this.#name = '';
    this.#data = [];
    return event;
  }
}
