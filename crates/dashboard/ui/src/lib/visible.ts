type Notify = (visible: boolean) => void;

const watched = new Map<Element, Notify>();
let observer: IntersectionObserver | undefined;

/** One observer for all: tells when an element comes near the screen and when it leaves. */
export function whenVisible(element: Element, notify: Notify): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const entry of entries) watched.get(entry.target)?.(entry.isIntersecting);
    },
    { rootMargin: '300px' },
  );
  watched.set(element, notify);
  observer.observe(element);
  return () => {
    watched.delete(element);
    observer?.unobserve(element);
  };
}
