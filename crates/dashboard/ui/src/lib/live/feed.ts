import type { Heartbeat } from '../wire/Heartbeat';
import type { WardUpdate } from '../wire/WardUpdate';
import type { StreamStatus } from './eventStream';
import type { Escalation } from './escalations';
import type { Slice } from './slices';
import type { Snapshot } from './wardState';

/** A message of the feed to a page. `lagMs` is the time from the server to the feed. A frame has several slices if it is large. */
export type FeedMessage =
  | { kind: 'status'; status: StreamStatus }
  | { kind: 'snapshot'; snapshot: Snapshot; slice: Slice; escalations: Escalation[]; lagMs: number }
  | { kind: 'update'; update: WardUpdate; slice: Slice; escalations: Escalation[]; lagMs: number }
  | { kind: 'heartbeat'; heartbeat: Heartbeat; lagMs: number };

/** A message of a page to the feed: ready for the next frame, or leaving. */
export type PageMessage = 'ready' | 'leave';
