/** Управленческий баланс: what the company has, owes and owns, and the proof that the three agree. */
import { date } from '../format/date';
import { isNegative, isZero, pixels, sum } from '../format/decimal';
import { compactMoney, money } from '../format/number';
import { t } from '../i18n';
import { useReport } from '../api/report';
import type { Balance, BalanceSection, BalanceVariables } from '../api/operations';
import { openBalance } from '../state/drill';
import { balanceDay, knownAt, scope } from '../state/view';
import { Check, Cross } from '../ui/icons';
import { Panel, usePanel } from '../ui/panel';
import { Money, Table } from '../ui/table';
import query from './balance.graphql?raw';

type Data = NonNullable<Balance['report']>;
type Row = Data['rows'][number];

/** `whole`: of the company, whatever channel or manager is chosen; only the whole of the books balances. */
export function useBalance(visible: boolean, whole = false) {
  const companyId = scope.value?.companyId;
  const filter = whole ? (companyId ? { companyId } : null) : scope.value;
  const variables: BalanceVariables = { at: balanceDay.value, filter, knownAt: knownAt.value };
  return useReport<Data>(query, variables, visible);
}

export function BalancePanel() {
  const frame = usePanel();
  const report = useBalance(frame.visible, true);
  const narrowed = scope.value?.channelId || scope.value?.managerId;
  const day = t('balance.at', { date: date(balanceDay.value) });
  return (
    <Panel<Data>
      name="balance"
      frame={frame}
      title={t('balance.title')}
      note={narrowed ? `${day}, ${t('balance.whole')}` : day}
      definition={t('balance.definition')}
      report={report}
      isEmpty={(d) => d.rows.every((r) => isZero(r.amount))}
      plot={(data) => <Sheet data={data} />}
      table={(data) => (
        <Table<Row>
          caption={t('balance.title')}
          rows={data.rows}
          rowKey={(r) => r.section + r.account}
          rowLabel={(r) => r.label}
          onOpen={(r) => openBalance(r.account, r.label, data.at)}
          columns={[
            { title: t('balance.line'), text: true, cell: (r) => r.label },
            { title: t('balance.assets'), cell: (r) => (r.section === 'ASSET' ? <Money value={r.amount} /> : '') },
            { title: t('balance.liabilities'), cell: (r) => (r.section === 'LIABILITY' ? <Money value={r.amount} /> : '') },
            { title: t('balance.equity'), cell: (r) => (r.section === 'EQUITY' ? <Money value={r.amount} /> : '') },
          ]}
          after={
            <>
              <tr class="is-total">
                <th scope="row" class="is-text">{t('total')}</th>
                <td><Money value={data.assets} /></td>
                <td><Money value={data.liabilities} /></td>
                <td><Money value={data.equity} /></td>
              </tr>
              <tr>
                <td colSpan={4}><CheckRow value={data.check} /></td>
              </tr>
            </>
          }
        />
      )}
    />
  );
}

/** The classic two sides, each line with a bar to the common scale. */
function Sheet({ data }: { data: Data }) {
  const passive = sum([data.liabilities, data.equity]);
  const scale = Math.max(pixels(data.assets), pixels(passive), ...data.rows.map((r) => Math.abs(pixels(r.amount))), 1);
  const side = (sections: Array<[BalanceSection, string, string]>, title: string, total: string) => (
    <div class="sheet-side">
      <h3>
        {title} <b title={`${money(total)} ₽`}>{compactMoney(total)}</b>
      </h3>
      <Stack rows={data.rows.filter((r) => sections.some(([s]) => s === r.section))} scale={scale} />
      {sections.map(([section, heading, amount]) => (
        <ul key={section} aria-label={heading}>
          {sections.length > 1 && (
            <li class="sheet-section">
              <span>{heading}</span>
              <span><Money value={amount} /></span>
            </li>
          )}
          {data.rows.filter((r) => r.section === section && !isZero(r.amount)).map((r) => (
            <li key={r.account}>
              <button type="button" onClick={() => openBalance(r.account, r.label, data.at)} aria-label={t('drill.open', { label: r.label })}>
                <span>{r.label}</span>
                <span><Money value={r.amount} /></span>
                <i class={`sheet-bar is-${section.toLowerCase()}${isNegative(r.amount) ? ' is-minus' : ''}`} style={{ width: `${(Math.abs(pixels(r.amount)) / scale) * 100}%` }} />
              </button>
            </li>
          ))}
        </ul>
      ))}
    </div>
  );
  return (
    <>
      <div class="sheet">
        {side([['ASSET', t('balance.assets'), data.assets]], t('balance.assets'), data.assets)}
        {side(
          [
            ['LIABILITY', t('balance.liabilities'), data.liabilities],
            ['EQUITY', t('balance.equity'), data.equity],
          ],
          `${t('balance.liabilities')} + ${t('balance.equity').toLowerCase()}`,
          passive,
        )}
      </div>
      <CheckRow value={data.check} />
    </>
  );
}

/** Both sides as one bar each: equal lengths are the balance made visible. Equity is one part, as its lines may be negative. */
function Stack({ rows, scale }: { rows: Row[]; scale: number }) {
  const equity = rows.filter((r) => r.section === 'EQUITY');
  const parts = rows.filter((r) => r.section !== 'EQUITY').map((r) => ({ key: r.account, label: r.label, amount: r.amount, section: r.section }));
  if (equity.length > 0) parts.push({ key: 'equity', label: t('balance.equity'), amount: sum(equity.map((r) => r.amount)), section: 'EQUITY' });
  return (
    <div class="sheet-stack" aria-hidden="true">
      {parts.map((p) => {
        const width = (Math.max(0, pixels(p.amount)) / scale) * 100;
        return (
          <span key={p.key} class={`is-${p.section.toLowerCase()}`} style={{ width: `${width}%` }} title={`${p.label}: ${money(p.amount)} ₽`}>
            {width > 14 ? p.label : ''}
          </span>
        );
      })}
    </div>
  );
}

function CheckRow({ value }: { value: string }) {
  const ok = isZero(value);
  return (
    <p class={`check ${ok ? 'is-ok' : 'is-bad'}`} data-check={value}>
      <span>{t('balance.check')}</span>
      <b>
        {ok ? <Check /> : <Cross />} {money(value)}
      </b>
      <span>{t(ok ? 'balance.ok' : 'balance.bad')}</span>
    </p>
  );
}
