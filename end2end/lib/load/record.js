// What the clients saw.

const MAX_KEPT_FAILURES = 100

export class Record {
  started = Date.now()
  answered = {}
  failed = 0
  failures = []
  cuts = {}
  slowestMs = 0
  #sequences = new Map()

  /** A client got an answer from this version. */
  saw(client, kind, version) {
    this.answered[kind] = (this.answered[kind] ?? 0) + 1
    const sequence = this.#sequences.get(client) ?? []
    if (sequence.at(-1) !== version) sequence.push(version)
    this.#sequences.set(client, sequence)
  }

  took(ms) {
    this.slowestMs = Math.max(this.slowestMs, ms)
  }

  fail(kind, error) {
    this.failed += 1
    const at = ((Date.now() - this.started) / 1000).toFixed(3)
    if (this.failures.length < MAX_KEPT_FAILURES) this.failures.push(`${at} s ${kind}: ${error.code ?? ''} ${error.message}`)
  }

  cut(kind) {
    this.cuts[kind] = (this.cuts[kind] ?? 0) + 1
  }

  summary() {
    const { answered, failed, failures, cuts, slowestMs } = this
    const sequences = {}
    for (const versions of this.#sequences.values()) {
      const path = versions.join(' > ')
      sequences[path] = (sequences[path] ?? 0) + 1
    }
    return { seconds: (Date.now() - this.started) / 1000, answered, failed, failures, cuts, sequences, slowestMs }
  }
}
