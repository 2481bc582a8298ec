/** The ledger entries and documents behind a number, page by page. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, send } from '../api/client';
import type { LedgerEntries, LedgerEntriesVariables } from '../api/operations';
import { date } from '../format/date';
import { isNegative } from '../format/decimal';
import { count, money } from '../format/number';
import { lang, t, term } from '../i18n';
import { drill, type Drill } from '../state/drill';
import query from '../panels/ledger-entries.graphql?raw';
import { Close } from './icons';
import { Failure } from './panel';

const PAGE = 50;
type Page = NonNullable<LedgerEntries['report']>;
type Entry = Page['nodes'][number];

export function Drawer() {
  const box = useRef<HTMLDialogElement>(null);
  const asked = drill.value;
  useEffect(() => {
    if (asked) box.current?.showModal();
    else box.current?.close();
  }, [asked]);
  return (
    <dialog
      ref={box} class="drawer" aria-labelledby="drawer-title"
      onClose={() => (drill.value = null)}
      onClick={(e) => e.target === box.current && box.current?.close()}
    >
      {asked && <Content key={JSON.stringify([asked, lang.value])} asked={asked} close={() => box.current?.close()} />}
    </dialog>
  );
}

function Content({ asked, close }: { asked: Drill; close: () => void }) {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [next, setNext] = useState<{ cursor: string | null; more: boolean }>({ cursor: null, more: true });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);

  const load = async () => {
    setBusy(true);
    setError(null);
    try {
      const variables: LedgerEntriesVariables = { filter: asked.filter, first: PAGE, after: next.cursor };
      const { report } = await send<LedgerEntries>(query, variables);
      if (!report) throw new ApiError('INTERNAL_SERVER_ERROR', 'no report');
      setEntries((was) => [...was, ...report.nodes]);
      setNext({ cursor: report.pageInfo.endCursor, more: report.pageInfo.hasNextPage });
    } catch (cause) {
      setError(cause instanceof ApiError ? cause : new ApiError('OTHER', String(cause)));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => void load(), []);

  return (
    <div class="drawer-content">
      <header>
        <div>
          <p class="eyebrow">{t('drawer.title')}</p>
          <h2 id="drawer-title">{asked.title}</h2>
          <p class="is-faint">{asked.note}</p>
        </div>
        <button type="button" class="quiet-button" aria-label={t('close')} onClick={close}>
          <Close />
        </button>
      </header>
      {entries.length > 0 && <Entries rows={entries} />}
      {error && <Failure code={error.code} retry={() => void load()} />}
      {!busy && !error && entries.length === 0 && <p class="state">{t('drawer.empty')}</p>}
      <footer>
        <span class="is-faint" role="status">
          {busy ? t('panel.loading') : t('drawer.shown', { n: count(entries.length) })}
        </span>
        {next.more && !busy && !error && (
          <button type="button" class="button" onClick={() => void load()}>
            {t('drawer.more')}
          </button>
        )}
      </footer>
    </div>
  );
}

function Entries({ rows }: { rows: Entry[] }) {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t('drawer.title')}>
      <table class="entries">
        <caption class="sr-only">{t('drawer.title')}</caption>
        <thead>
          <tr>
            <th scope="col" class="is-text">{t('drawer.document')}</th>
            <th scope="col" class="is-text">{t('drawer.account')}</th>
            <th scope="col">{t('drawer.debit')}</th>
            <th scope="col">{t('drawer.credit')}</th>
            <th scope="col">{t('drawer.vat')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.id}>
              <th scope="row" class="is-text">
                <span>{r.document ? `${term('document', r.document.kind)} ${r.document.number}` : '—'}</span>
                <small>{date(r.effectiveOn)}</small>
              </th>
              <td class="is-text">{r.accountLabel}</td>
              <td>{isNegative(r.amount) ? '' : money(r.amount)}</td>
              <td>{isNegative(r.amount) ? money(r.amount.slice(1)) : ''}</td>
              <td>{money(r.vat)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
