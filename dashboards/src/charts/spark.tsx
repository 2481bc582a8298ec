/** A row of tiny bars: the shape of a year beside its sum. Decoration only, so hidden from readers. */
import { pixels } from '../format/decimal';

const WIDTH = 96;
const HEIGHT = 28;

export function Spark({ values }: { values: string[] }) {
  if (values.length < 2) return null;
  const numbers = values.slice(-24).map(pixels);
  const top = Math.max(0, ...numbers);
  const bottom = Math.min(0, ...numbers);
  const span = top - bottom || 1;
  const step = WIDTH / numbers.length;
  const y = (v: number) => ((top - v) / span) * HEIGHT;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {numbers.map((v, i) => (
        <rect
          key={i}
          class={v < 0 ? 'spark-negative' : i === numbers.length - 1 ? 'spark-last' : ''}
          x={i * step + step * 0.14}
          width={step * 0.72}
          y={Math.min(y(v), y(0))}
          height={Math.max(Math.abs(y(v) - y(0)), 1)}
          rx="1"
        />
      ))}
    </svg>
  );
}
