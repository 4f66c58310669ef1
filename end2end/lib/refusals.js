// A "no" is the same sentence for everybody: place and way out, in the API and on the command line.

import assert from 'node:assert/strict'

/**
 * Asserts a refusal of the API.
 * @param {{status: number, problem: object}} refused
 * @param {{status: number, code?: string, place?: RegExp, says: RegExp, wayOut?: RegExp}} expected
 */
export function assertRefusal({ status, problem }, expected) {
  const shown = JSON.stringify(problem)
  assert.equal(status, expected.status, shown)
  if (expected.code) assert.equal(problem.code, expected.code)
  if (expected.place) assert.match(problem.place ?? '', expected.place, shown)
  assert.match(problem.detail, expected.says)
  if (expected.wayOut) assert.match(problem.way_out ?? problem.detail, expected.wayOut, shown)
  assert.ok(problem.request_id)
  plain(`${problem.detail} ${problem.way_out ?? ''}`)
}

/** The same on the command line: exit code 3, nothing on standard output. */
export function assertCliRefusal({ code, stdout, stderr }, expected) {
  assert.equal(code, 3, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /^error: /)
  assert.match(stderr, expected.says)
  if (expected.wayOut) assert.match(stderr, expected.wayOut)
  plain(stderr)
}

/** A sentence for a person: no debug output of a program. */
export function plain(sentence) {
  assert.doesNotMatch(sentence, /panicked|Err\(|Some\(|\bNone\b|\bkind:|undefined|\bnull\b/)
}
