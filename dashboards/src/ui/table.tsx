/** Tables of figures: they scroll inside their panel, keep the first column in sight and align digits. */
import type { ComponentChildren } from 'preact';
import { isNegative } from '../format/decimal';
import { money, roubles } from '../format/number';
import { t } from '../i18n';

export interface Column<R> {
  title: string;
  cell: (row: R) => ComponentChildren;
  /** Text columns align left; everything else is figures. */
  text?: boolean;
}

interface Props<R> {
  caption: string;
  columns: ReadonlyArray<Column<R>>;
  rows: ReadonlyArray<R>;
  rowKey: (row: R) => string;
  rowLabel?: (row: R) => string;
  /** Opens the entries behind a row. */
  onOpen?: ((row: R) => void) | undefined;
  rowClass?: (row: R) => string;
  total?: R | undefined;
  /** Rows after the total: a check, for example. */
  after?: ComponentChildren;
}

export function Table<R>({ caption, columns, rows, rowKey, rowLabel, onOpen, rowClass, total, after }: Props<R>) {
  const [first, ...rest] = columns;
  if (!first) return null;
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={caption}>
      <table>
        <caption class="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.title} scope="col" class={c.text ? 'is-text' : ''}>
                {c.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} class={`${onOpen ? 'is-link ' : ''}${rowClass?.(row) ?? ''}`} onClick={onOpen && (() => onOpen(row))}>
              <th scope="row" class={first.text ? 'is-text' : ''}>
                {onOpen ? (
                  <button type="button" class="row-button" aria-label={rowLabel && t('drill.open', { label: rowLabel(row) })}>
                    {first.cell(row)}
                  </button>
                ) : (
                  first.cell(row)
                )}
              </th>
              {rest.map((c) => (
                <td key={c.title} class={c.text ? 'is-text' : ''}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {(total !== undefined || after) && (
          <tfoot>
            {total !== undefined && (
              <tr class="is-total">
                <th scope="row" class="is-text">
                  {t('total')}
                </th>
                {rest.map((c) => (
                  <td key={c.title} class={c.text ? 'is-text' : ''}>
                    {c.cell(total)}
                  </td>
                ))}
              </tr>
            )}
            {after}
          </tfoot>
        )}
      </table>
    </div>
  );
}

/** An amount to the kopeck. A negative one differs by its sign first, by colour second. */
export function Money({ value }: { value: string }) {
  return <span class={isNegative(value) ? 'is-negative' : ''}>{money(value)}</span>;
}

/** An amount in whole roubles where columns are many; the kopecks are in the title. */
export function Roubles({ value }: { value: string }) {
  return (
    <span class={isNegative(value) ? 'is-negative' : ''} title={`${money(value)} ₽`}>
      {roubles(value)}
    </span>
  );
}
