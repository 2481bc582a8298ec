/** Lines × months with exact sums both ways. */
import { decimal, cents } from '../format/decimal';
import { month as monthName } from '../format/date';
import { t } from '../i18n';
import { Roubles } from './table';

export interface Line {
  key: string;
  label: string;
  section: string;
  month: string;
  amount: string;
}

interface Props {
  caption: string;
  lines: Line[];
  /** Sections in the order shown, with their headings; a section counts with its sign in the last row. */
  sections: ReadonlyArray<{ key: string; title: string; sign: 1 | -1 }>;
  /** Heading of the last row; left out when the sections are not comparable. */
  result: string;
  /** Opens the entries of a line, in one month or (null) in the whole period. */
  onOpen: (key: string, label: string, month: string | null) => void;
}

export function Pivot({ caption, lines, sections, result, onOpen }: Props) {
  const months = [...new Set(lines.map((l) => l.month))].sort();
  const columns: Array<string | null> = [...months, null];
  const total = (pick: (l: Line) => boolean, month: string | null, sign: (l: Line) => bigint = () => 1n) => {
    let sum = 0n;
    for (const l of lines) if (pick(l) && (month === null || l.month === month)) sum += cents(l.amount) * sign(l);
    return decimal(sum);
  };
  const signs = new Map(sections.map((s) => [s.key, BigInt(s.sign)]));

  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={caption}>
      <table class="pivot">
        <caption class="sr-only">{caption}</caption>
        <thead>
          <tr>
            <th scope="col" class="is-text">
              ₽
            </th>
            {months.map((m) => (
              <th key={m} scope="col">
                {monthName(m)}
              </th>
            ))}
            <th scope="col">{t('total')}</th>
          </tr>
        </thead>
        {sections.map((section) => {
          const labels = new Map(lines.filter((l) => l.section === section.key).map((l) => [l.key, l.label]));
          if (labels.size === 0) return null;
          return (
            <tbody key={section.key}>
              <tr class="is-section">
                <th scope="rowgroup" class="is-text">
                  {section.title}
                </th>
                {columns.map((m) => (
                  <td key={m}>
                    <Roubles value={total((l) => l.section === section.key, m)} />
                  </td>
                ))}
              </tr>
              {[...labels].map(([key, label]) => (
                <tr key={key} class="is-link" onClick={() => onOpen(key, label, null)}>
                  <th scope="row" class="is-text is-indented">
                    <button type="button" class="row-button" aria-label={t('drill.open', { label })}>
                      {label}
                    </button>
                  </th>
                  {columns.map((m) => (
                    <td
                      key={m}
                      onClick={(e) => {
                        e.stopPropagation();
                        onOpen(key, label, m);
                      }}
                    >
                      <Roubles value={total((l) => l.key === key && l.section === section.key, m)} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          );
        })}
        <tfoot>
          <tr class="is-total">
            <th scope="row" class="is-text">
              {result}
            </th>
            {columns.map((m) => (
              <td key={m}>
                <Roubles value={total((l) => signs.has(l.section), m, (l) => signs.get(l.section) ?? 0n)} />
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
