/** Seconds of a measurement, with three digits from a millisecond on: `0.0421 s`, `8.50 s`, `1235 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0 || seconds >= 999.5) return `${seconds.toFixed(0)} s`
  return `${seconds < 0.001 ? seconds.toFixed(5) : seconds.toPrecision(3)} s`
}

/** How much audio or time: `18.3 s`, `12.5 min`, `5.34 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const minutes = seconds / 60
  return minutes < 59.95 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(2)} h`
}
