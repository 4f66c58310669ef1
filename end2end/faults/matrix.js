// What each fault came to, for the table that `faults/run` prints.

import { appendFileSync } from 'node:fs'

const FILE = process.env.SEALDOCK_MATRIX

/**
 * @param {import('node:test').TestContext} test
 * @param {string} fault  what was done
 * @param {string} result  what was seen
 * @param {number} [recoveryMs]  until everything was as before
 */
export function survived(test, fault, result, recoveryMs) {
  const recovery = recoveryMs === undefined ? 'none needed' : `${Math.round(recoveryMs)} ms`
  test.diagnostic(`${fault}: ${result}; recovery: ${recovery}`)
  if (FILE) appendFileSync(FILE, `${JSON.stringify({ fault, result, recovery })}\n`)
}
