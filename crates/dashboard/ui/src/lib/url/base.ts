/** The path under which a proxy publishes the dashboard, with a slash at both ends. The server writes it into the page. */
export const BASE = readBase(globalThis.document?.querySelector<HTMLMetaElement>('meta[name="vitals-base"]')?.content);

function readBase(content: string | undefined): string {
  return content?.startsWith('/') ? content : '/';
}

/** The address of a path of the dashboard, which starts with a slash. */
export function href(path: string, base = BASE): string {
  return base + path.slice(1);
}

/** The dashboard's path of an address; null outside the base path. */
export function pathOf(pathname: string, base = BASE): string | null {
  if (pathname.startsWith(base)) return `/${pathname.slice(base.length)}`;
  return `${pathname}/` === base ? '/' : null;
}
