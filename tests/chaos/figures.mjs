// Times of many asks, as people read them.

/** The time that this share of all is not above; NaN of none. */
export function percentile(times, share) {
  const ascending = times.toSorted((a, b) => a - b);
  return ascending[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
}

export const milliseconds = (value) => `${value.toFixed(1)} ms`;
