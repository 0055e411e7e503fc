import { describe, expect, it } from 'vitest';
import { SseParser } from './sseParser';

const stream = 'retry: 1000\n\nid: 1\nevent: snapshot\ndata: {"a":"ä"}\n\n: comment\n\nevent: heartbeat\r\ndata: x\r\ndata:y\r\n\r\n';
const events = [
  { name: 'snapshot', data: '{"a":"ä"}' },
  { name: 'heartbeat', data: 'x\ny' },
];

describe('event stream parser', () => {
  it('reads whole events', () => {
    expect(new SseParser().push(stream)).toEqual(events);
  });

  it('reads events from chunks of every size', () => {
    for (let size = 1; size < stream.length; size += 1) {
      const parser = new SseParser();
      const found = [];
      for (let at = 0; at < stream.length; at += size) found.push(...parser.push(stream.slice(at, at + size)));
      expect(found, `chunks of ${size}`).toEqual(events);
    }
  });

  it('holds an event back until its end', () => {
    const parser = new SseParser();
    expect(parser.push('event: update\ndata: {}\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ name: 'update', data: '{}' }]);
  });
});
