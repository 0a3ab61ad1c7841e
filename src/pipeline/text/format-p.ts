/** The p of a test: `p = 0.012`, `p < 0.001`. */
export const formatP = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`)
