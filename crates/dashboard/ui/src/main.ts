import { compareText } from './lib/format/compareText';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

const found = document.getElementById('app');
if (!found) throw new Error('the page has no #app');
const target = found;

/**
 * Data of the browser that its first use loads, which takes up to 25 ms each. The program uses all of
 * it while it is evaluated or draws the ward.
 */
const LOADED_ONCE: (() => unknown)[] = [
  () => new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(),
  () => new Intl.NumberFormat(),
  () => compareText('1', '2'),
];

const nextTask = (): Promise<void> => new Promise((done) => setTimeout(done));

/** Starts the program in several tasks: together they would block the page for a tenth of a second. */
async function run(): Promise<void> {
  const program = import('./program');
  for (const load of LOADED_ONCE) {
    load();
    await nextTask();
  }
  const { start } = await program;
  await nextTask();
  start(target);
}

run().catch(() => (target.textContent = 'The page could not be loaded. Load it again.'));
