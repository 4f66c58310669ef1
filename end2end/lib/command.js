// Other programs, by argv: no shell, ever.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** Runs a program to its end and returns its stdout without the last newline. */
export async function command(program, args, options = {}) {
  const { stdout } = await run(program, args, { maxBuffer: MAX_OUTPUT_BYTES, timeout: 120_000, ...options })
  return stdout.replace(/\n$/, '')
}

/** The same as lines; none for no output. */
export async function lines(program, args, options) {
  const output = await command(program, args, options)
  return output === '' ? [] : output.split('\n')
}
