import { href, pathOf } from './base';
import { routeOf, type Route } from './routes';
import { mergeQuery } from './query';

/** The page's address. Only the router changes it. */
class Router {
  #path = $state(location.pathname);
  #search = $state(location.search);

  readonly query: URLSearchParams = $derived(new URLSearchParams(this.#search));
  readonly route: Route = $derived(routeOf(pathOf(this.#path) ?? this.#path, this.query));

  /** Opens a page by its path. Of the query only the time zone is kept; the rest belongs to the previous page. */
  go(path: string): void {
    this.#open(new URL(href(path), location.href));
  }

  /** Changes keys of the query; an empty value removes its key. */
  set(changes: Record<string, string>, mode: 'push' | 'replace'): void {
    const search = mergeQuery(this.#search, changes);
    if (search === this.#search) return;
    const url = `${this.#path}${search}`;
    if (mode === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
    this.#read();
  }

  /** Handles the browser's history buttons, and links within the application without a page load. */
  start(): () => void {
    const read = (): void => this.#read();
    const click = (event: MouseEvent): void => this.#follow(event);
    addEventListener('popstate', read);
    document.addEventListener('click', click);
    return () => {
      removeEventListener('popstate', read);
      document.removeEventListener('click', click);
    };
  }

  #open(url: URL): void {
    const zone = this.query.get('tz');
    if (zone && !url.searchParams.has('tz')) url.searchParams.set('tz', zone);
    const before = this.#path;
    history.pushState(null, '', url);
    this.#read();
    if (this.#path !== before) scrollTo(0, 0);
  }

  #read(): void {
    this.#path = location.pathname;
    this.#search = location.search;
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    const path = pathOf(link.pathname);
    if (link.hash || path === null || path.startsWith('/api/')) return;
    event.preventDefault();
    this.#open(new URL(link.href));
  }
}

export const router = new Router();
