/**
 * Reports on the page. Two places that ask the same question share one answer; the last good answer
 * stays while a newer one is fetched, so nothing flickers.
 */
import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { lang } from '../i18n';
import { ApiError, send } from './client';
import { edition } from './frontier';

export interface Report<T> {
  data: T | null;
  error: ApiError | null;
  /** What is on screen answers the previous question; the answer to this one is on its way. */
  stale: boolean;
  retry: () => void;
}

/** A report takes milliseconds; one that takes this long has failed. */
const PATIENCE_MS = 30_000;

class Resource {
  readonly state = signal<{ data: unknown; error: ApiError | null }>({ data: null, error: null });
  holders = 0;
  watchers = 0;
  private edition = -1;
  private busy = false;
  private text = '';
  private dropped = new AbortController();

  constructor(
    private readonly query: string,
    private readonly variables: object,
  ) {}

  /** Asks unless the answer already belongs to this edition. At most one request is in flight. */
  async refresh(force = false): Promise<void> {
    if (this.busy || (!force && this.edition === edition.peek())) return;
    this.busy = true;
    const asked = edition.peek();
    try {
      const { report } = await send<{ report: unknown }>(this.query, this.variables, {
        signal: AbortSignal.any([this.dropped.signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      if (report === null) throw new ApiError('INTERNAL_SERVER_ERROR', 'no report');
      const text = JSON.stringify(report);
      // The position moves even when nobody posts anything: the same answer redraws nothing.
      if (text !== this.text || this.state.peek().error) this.state.value = { data: report, error: null };
      this.text = text;
    } catch (cause) {
      if (this.dropped.signal.aborted) return;
      const error = cause instanceof ApiError ? cause : new ApiError('OTHER', String(cause));
      // A refresh that failed keeps the last good numbers; the freshness badge tells how old they are.
      if (force || this.state.peek().data === null) this.state.value = { data: null, error };
    } finally {
      this.busy = false;
      this.edition = asked;
    }
    if (this.watchers > 0 && this.edition !== edition.peek()) await this.refresh();
  }

  retry = (): void => {
    this.text = '';
    this.state.value = { data: null, error: null };
    void this.refresh(true);
  };

  drop(): void {
    this.dropped.abort();
  }
}

const resources = new Map<string, Resource>();

function resource(key: string, query: string, variables: object): Resource {
  let found = resources.get(key);
  if (!found) resources.set(key, (found = new Resource(query, variables)));
  return found;
}

effect(() => {
  if (edition.value === 0) return;
  for (const r of resources.values()) if (r.watchers > 0) void r.refresh();
});

/** Loads at once; afterwards follows the books only while `visible`. */
export function useReport<T>(query: string, variables: object, visible: boolean): Report<T> {
  const key = JSON.stringify([query, variables, lang.value]);
  const current = resource(key, query, variables);
  const shown = useRef<T | null>(null);

  useEffect(() => {
    const held = resource(key, query, variables);
    held.holders += 1;
    void held.refresh();
    return () => {
      held.holders -= 1;
      if (held.holders > 0) return;
      held.drop();
      resources.delete(key);
    };
  }, [key]);

  useEffect(() => {
    if (!visible) return;
    const held = resource(key, query, variables);
    held.watchers += 1;
    void held.refresh();
    return () => {
      held.watchers -= 1;
    };
  }, [key, visible]);

  const { data, error } = current.state.value;
  if (data !== null) shown.current = data as T;
  return {
    data: error ? null : ((data as T | null) ?? shown.current),
    error,
    stale: data === null && shown.current !== null && !error,
    retry: current.retry,
  };
}
