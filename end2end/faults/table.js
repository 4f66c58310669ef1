// Prints the matrix of faults survived, from what the tests wrote.

import { readFileSync } from 'node:fs'

const COLUMNS = ['fault', 'result', 'recovery']
const rows = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line))
const widths = COLUMNS.map((name) => Math.max(name.length, ...rows.map((row) => row[name].length)))
const line = (cells) => cells.map((cell, at) => cell.padEnd(widths[at])).join('  ').trimEnd()

console.log(`\n${line(COLUMNS)}\n${line(widths.map((width) => '-'.repeat(width)))}`)
for (const row of rows) console.log(line(COLUMNS.map((name) => row[name])))
