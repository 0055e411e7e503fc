import { FeedHub } from './feedHub';
import { localNow } from './localClock';
import type { PageMessage } from './feed';

/** The part of the worker's global scope that the library of DOM types lacks. */
type SharedScope = { name: string; onconnect: ((event: MessageEvent) => void) | null };

/** The shared worker: one stream for all pages of this browser. Its name is the stream's address. */
const scope = globalThis as unknown as SharedScope;
const hub = new FeedHub(scope.name);

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  const subscriber = hub.add((message) => port.postMessage(message));
  const leave = (): void => hub.remove(subscriber);
  port.onmessage = ({ data }: MessageEvent<PageMessage>) => {
    if (data === 'ready') subscriber.ready(localNow());
    else leave();
  };
  // A page that ended without a farewell.
  port.addEventListener('close', leave);
};
