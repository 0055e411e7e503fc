import workerUrl from './feedWorker?sharedworker&url';
import { FeedHub } from './feedHub';
import { localNow } from './localClock';
import type { FeedMessage, PageMessage } from './feed';

/** A page's connection to the feed. */
export type Feed = { ready(): void; close(): void };

type Receive = (message: FeedMessage) => void;

/**
 * Connects to the feed: through the shared worker, so that any number of pages has one stream, or in
 * this page if the browser has no shared workers or cannot load this one.
 */
export function connect(url: string, receive: Receive): Feed {
  let closed = false;
  let feed = connectShared(url, receive, () => {
    if (!closed) feed = connectLocal(url, receive);
  });
  feed ??= connectLocal(url, receive);
  return {
    ready: () => feed?.ready(),
    close: () => {
      closed = true;
      feed?.close();
    },
  };
}

function connectShared(url: string, receive: Receive, failed: () => void): Feed | null {
  if (!('SharedWorker' in globalThis)) return null;
  try {
    const worker = new SharedWorker(trusted(workerUrl), { type: 'module', name: url });
    const { port } = worker;
    const post = (message: PageMessage): void => port.postMessage(message);
    worker.onerror = () => {
      port.onmessage = null;
      port.close();
      failed();
    };
    port.onmessage = ({ data }: MessageEvent<FeedMessage>) => receive(data);
    return {
      ready: () => post('ready'),
      close: () => {
        post('leave');
        port.close();
      },
    };
  } catch {
    // Some browsers have the class but refuse to construct it, in private windows for example.
    return null;
  }
}

function connectLocal(url: string, receive: Receive): Feed {
  const hub = new FeedHub(url);
  const subscriber = hub.add(receive);
  return { ready: () => subscriber.ready(localNow()), close: () => hub.remove(subscriber) };
}

type Policy = { createScriptURL(url: string): string };
type PolicyFactory = { createPolicy(name: string, rules: Policy): Policy };

let policy: Policy | undefined;

/** The worker's address as the content security policy demands it: from the only policy that makes one. */
function trusted(url: string): string {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  if (!factory) return url;
  policy ??= factory.createPolicy('vitals-worker', {
    createScriptURL: (text) => {
      if (text !== workerUrl) throw new TypeError('only the worker of the feed is a script of this page');
      return text;
    },
  });
  return policy.createScriptURL(url);
}
