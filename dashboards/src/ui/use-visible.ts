import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Whether an element is on screen or about to be. */
export function useVisible(ref: RefObject<HTMLElement | null>): boolean {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new IntersectionObserver(([entry]) => setVisible(entry?.isIntersecting ?? false), { rootMargin: '300px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return visible;
}
