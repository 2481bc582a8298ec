/** The formula behind a panel, on hover, focus or tap. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Info } from './icons';

export function Definition({ title, text }: { title: string; text: string }) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  const id = useId();

  useEffect(() => {
    if (!open) return;
    const leave = (event: Event) => {
      const outside = event instanceof KeyboardEvent ? event.key === 'Escape' : !box.current?.contains(event.target as Node);
      if (outside) setOpen(false);
    };
    addEventListener('keydown', leave);
    addEventListener('pointerdown', leave);
    return () => {
      removeEventListener('keydown', leave);
      removeEventListener('pointerdown', leave);
    };
  }, [open]);

  return (
    <span class="definition" ref={box} onMouseLeave={() => setOpen(false)}>
      <button
        type="button" class="quiet-button" aria-expanded={open} aria-describedby={open ? id : undefined}
        aria-label={t('panel.definition', { title })} onClick={() => setOpen(!open)} onMouseEnter={() => setOpen(true)}
      >
        <Info />
      </button>
      {open && (
        <span class="definition-text" role="tooltip" id={id}>
          {text}
        </span>
      )}
    </span>
  );
}
