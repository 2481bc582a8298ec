/** The few drawings of the page. All take the colour of the text around them. */

/** Two interlocked sheet piles seen from above. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 40 24" fill="none" stroke="currentColor" stroke-width="3.2" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true">
      <path d="M2 5h5l4 14h7l4-14h7l4 14h5" />
    </svg>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

export const Info = () => <Icon path="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.4v3.4M8 5.1v.1" />;
export const Close = () => <Icon path="m4 4 8 8M12 4l-8 8" />;
export const Chevron = () => <Icon path="m6 4 4 4-4 4" />;
export const Down = () => <Icon path="m4 6 4 4 4-4" />;
export const Calendar = () => <Icon path="M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.2v3M10.5 2.2v3" />;
export const Funnel = () => <Icon path="M2 3h12l-4.7 5.6v4.2L6.7 14V8.6z" />;
export const Check = () => <Icon path="m3 8.5 3.2 3.2L13 4.8" />;
export const Cross = () => <Icon path="M8 4.4v4.4M8 11.3v.2M8 1.6 15 14H1z" />;
export const Bell = () => <Icon path="M4 6.8a4 4 0 0 1 8 0c0 3.4 1.5 4.7 1.5 4.7h-11S4 10.2 4 6.8ZM6.6 13.8a1.6 1.6 0 0 0 2.8 0" />;
export const SignOut = () => <Icon path="M9.5 2.5h-7v11h7M6.5 8h8M12 5.5 14.5 8 12 10.5" />;
