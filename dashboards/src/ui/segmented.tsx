/** One choice of a few: a radio group that looks like joined buttons. */
import { useId } from 'preact/hooks';

interface Props<T extends string> {
  label: string;
  value: T | undefined;
  choices: ReadonlyArray<{ value: T; text: string }>;
  onPick: (value: T) => void;
}

export function Segmented<T extends string>({ label, value, choices, onPick }: Props<T>) {
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class="sr-only">{label}</legend>
      {choices.map((c) => (
        <label key={c.value} class={c.value === value ? 'is-on' : ''}>
          <input type="radio" name={name} checked={c.value === value} onChange={() => onPick(c.value)} />
          <span>{c.text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The same choice where there is no room for buttons. */
export function Choice<T extends string>({ label, value, choices, onPick }: Props<T>) {
  return (
    <label class="choice">
      <span class="sr-only">{label}</span>
      <select value={value} aria-label={label} onChange={(e) => onPick(e.currentTarget.value as T)}>
        {choices.map((c) => (
          <option key={c.value} value={c.value}>
            {c.text}
          </option>
        ))}
      </select>
    </label>
  );
}
