// The log viewer (P-21), the two logs of an update (I-7) and a chosen compose.yaml (P-20): an app of
// this machine's own Node writes twelve thousand lines, and a person finds the one that matters.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nodeImage, removeBase } from './lib/base-image.js'
import { axe, launch, looked, openPage, screenshots, signedIn } from './lib/browser.js'
import { ask, Client, git } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const NODE = `sealdock-e2e-logs:${process.pid}`
const LINES = 12_000
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

const APP = (version) => `
const { createServer } = require('node:http')
const [E, B] = [27, 7].map((c) => String.fromCharCode(c))
const say = (n) => {
  if (n === 7000) return console.error('ERROR the needle broke')
  if (n % 1000 === 0) return console.error('ERROR failure ' + n)
  if (n % 100 === 0) return console.log('WARN slow answer ' + n)
  if (n === 11990) return console.log('10%\\r50%\\r100% loaded')
  if (n === 11991) return console.log(E + ']8;;https://docs.example/a' + B + 'the docs' + E + ']8;;' + B + ' and ' + E + ']8;;javascript:alert(1)' + B + 'evil' + E + ']8;;' + B)
  if (n === 11992) return console.log(E + '[38;2;255;0;0mred' + E + '[0m <img src=x onerror=alert(1)>')
  console.log('INFO ${version} request ' + n)
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 100))
const all = async () => {
  for (let n = 1; n <= ${LINES}; n++) {
    // Nobody orders what comes by two pipes; time does.
    if (n % 1000 === 0) await pause()
    say(n)
    if (n % 1000 === 0) await pause()
  }
}
all()
createServer((request, answer) => {
  const { pathname, searchParams } = new URL(request.url, 'http://app')
  if (pathname === '/print') for (let n = 1; n <= Number(searchParams.get('n') ?? 1); n++) console.log(searchParams.get('text'), n)
  answer.end(pathname === '/health' && ${version === 'v2'} ? (answer.statusCode = 503, 'no') : '${version}')
}).listen(process.env.PORT)
`
const files = (version) => ({
  Dockerfile: `FROM ${NODE}\nCOPY app.js /\nENTRYPOINT ["node", "/app.js"]\n`,
  'app.js': APP(version),
  'sealdock.yml': 'health:\n  path: /health\n  timeout_s: 60\ndrain_s: 1\n',
})

describe('the log viewer', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, browser, context, page, live, stream, host, installation, address

  before(async () => {
    await nodeImage(NODE)
    repository = await Repository.of(files('v1'), 'v1')
    await repository.commit(files('v2'), 'v2')
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock, { email: 'ada@example.org' })
    live = await client.live('shop', git(repository, 'v1'))
    installation = await client.installation(live.summary.id)
    stream = live.instances[0].stream
    host = new URL(live.urls[0]).hostname
    address = `/deployments/${live.summary.id}?job=${encodeURIComponent(stream.replace('instance/', ''))}`
    browser = await launch()
    context = await signedIn(browser, client, { viewport: { width: 1440, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'] })
    page = await openPage(context)
    await eventually('every line is kept', async () => (await lines('limit=1')).last_seq >= LINES)
  })
  after(async () => {
    await browser?.close()
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await removeBase(NODE)
  })

  const lines = (query) => client.get(`/v2/logs/${encodeURIComponent(stream)}?${query}`)
  const log = () => page.getByRole('log').first()
  const search = () => page.getByLabel('Search this log').first()
  const status = () => page.locator('.log-found [role=status]')
  /** Goes there and waits until the page is alive. */
  const go = async (path, on = page) => {
    await on.goto(path)
    await on.locator('.log-ready').first().waitFor()
    await on.locator('.side .live-mark').getByText('Live').waitFor()
    // Chunks that nobody sees have no layout and no text.
    await on.getByRole('log').first().scrollIntoViewIfNeeded()
  }
  const seen = (text) => eventually(`${text} is in sight`, async () => log().evaluate((box, text) => {
    const around = box.getBoundingClientRect()
    return [...box.querySelectorAll('.ln')].some((line) => {
      const { top, bottom } = line.getBoundingClientRect()
      return line.textContent.includes(text) && top >= around.top && bottom <= around.bottom + 1
    })
  }, text))
  const print = (text, n = 1) => ask(sealdock, host, `/print?text=${encodeURIComponent(text)}&n=${n}`)

  it('P-21 every line has its number, its level and its stream, and filters are over the whole log', async () => {
    const errors = await lines('level=error&limit=5000')
    assert.equal(errors.lines.length, 12)
    assert.ok(errors.lines.every((line) => line.level === 'error' && line.stream === 'err'))
    assert.equal((await lines('level=warning&stream=stdout&limit=5000')).lines.length, 108)
    const found = await client.get(`/v2/logs/${encodeURIComponent(stream)}/find?search=NEEDLE`)
    assert.deepEqual(found, { total: 1, position: 1, seq: 7000 })
  })

  it('P-21 the command line asks for the same', async () => {
    const { code, stdout, stderr } = await client.cli('logs', 'shop', '--level', 'error', '--search', 'needle')
    assert.equal(code, 0, stderr)
    assert.equal(stdout, 'ERROR the needle broke\n')
    const last = await client.cli('logs', 'shop', '--stream', 'stderr', '-n', '2')
    assert.equal(last.stdout, 'ERROR failure 11000\nERROR failure 12000\n')
  })

  it('P-21 the log opens at its end and follows it', async () => {
    await go(address)
    await seen('ERROR failure 12000')
    await print('INFO fresh')
    await seen('INFO fresh 1')
  })

  it('P-21 scrolled up, it says what came, and leads there', async () => {
    await go(address)
    await log().evaluate((box) => box.scrollTo(0, 0))
    await log().hover()
    await print('INFO more', 128)
    await page.getByRole('button', { name: /^128 new lines/ }).click()
    await seen('INFO more 128')
    await print('INFO again', 128)
    await seen('INFO again 128')
  })

  it('P-21 colours, links and progress are made safe', async () => {
    await go(address)
    const line = (text) => log().locator('.ln', { hasText: text })
    assert.equal(await line('100% loaded').locator('.tx').textContent(), '100% loaded')
    const link = log().getByRole('link', { name: 'the docs' })
    assert.equal(await link.getAttribute('href'), 'https://docs.example/a')
    assert.match(await link.getAttribute('rel'), /noopener/)
    assert.equal(await log().getByRole('link', { name: 'evil' }).count(), 0)
    assert.equal(await log().locator('img').count(), 0)
    assert.equal(await line('onerror').locator('span.f196').textContent(), 'red')
  })

  it('P-21 a search is over the whole log: a count, the next, the one before, by keyboard', async () => {
    await go(address)
    await page.keyboard.press('/')
    await page.keyboard.type('failure')
    await status().getByText('of 11 lines').waitFor()
    await seen('ERROR failure')
    const at = async () => Number((await status().innerText()).split(' ')[0])
    const first = await at()
    const expect = async (n) => {
      await eventually(`match ${n}`, async () => (await at()) === n)
      await log().locator('.ln.found').waitFor()
      assert.equal(await log().locator('.ln.found').count(), 1)
    }
    // From the end, where it began, round to the beginning: lines that the page did not hold.
    await page.keyboard.press('Shift+Enter')
    await expect(first === 1 ? 11 : first - 1)
    await page.keyboard.press('Enter')
    await expect(first)
    await page.keyboard.press('Enter')
    await expect(first === 11 ? 1 : first + 1)
    for (let n = 0; n < 12 && (await at()) !== 1; n++) {
      const before = await at()
      await page.keyboard.press('Enter')
      await expect(before === 11 ? 1 : before + 1)
    }
    await seen('ERROR failure 1000')
    assert.match(page.url(), /find=failure/)
    await page.getByRole('link', { name: 'Previous match' }).click()
    await expect(11)
    await seen('ERROR failure 12000')
    await search().fill('nowhere')
    await status().getByText('No line contains this.').waitFor()
    await search().fill('needle broke')
    await status().getByText('1 of 1 line').waitFor()
    await seen('needle broke')
  })

  it('P-21 level and stream are in the address, over the whole log, and in what follows', async () => {
    await go(address)
    await page.getByLabel('Level').first().selectOption('Errors')
    await log().getByText('ERROR failure 1000', { exact: true }).waitFor()
    assert.equal(await log().locator('.ln').count(), 12)
    assert.match(page.url(), /level=error/)
    await print('INFO quiet', 3)
    await print('ERROR loud')
    await log().getByText('ERROR loud 1').waitFor()
    assert.equal(await log().getByText('INFO quiet').count(), 0)
    await page.getByLabel('Stream').first().selectOption('stdout')
    await eventually('one line is left', async () => (await log().locator('.ln').count()) === 1)
    await go(page.url())
    assert.equal(await log().locator('.ln').count(), 1)
    await page.getByLabel('Level').first().selectOption('All levels')
    await page.getByLabel('Stream').first().selectOption('stderr')
    await log().getByText('needle broke').waitFor()
    assert.equal(await log().locator('.ln').count(), 12)
    await page.getByLabel('Stream').first().selectOption('All streams')
    await seen('ERROR loud 1')
    assert.doesNotMatch(page.url(), /level|stream/)
  })

  it('P-21 a time is local, relative or UTC, and this browser remembers it', async () => {
    await go(address)
    const at = log().locator('.at').last()
    assert.ok(await at.isHidden())
    await page.getByLabel('Times').first().selectOption('UTC')
    assert.match(await at.innerText(), /^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z$/)
    await page.getByLabel('Times').first().selectOption('Relative')
    await eventually('it is relative', async () => /just now|ago/.test(await at.innerText()))
    await page.getByLabel('Times').first().selectOption('Local time')
    await eventually('it is local', async () => /\.\d{3}$/.test(await at.innerText()))
    await go(address)
    await eventually('it is remembered', async () => /^\d\d-\d\d .*\.\d{3}$/.test(await at.innerText()))
    const zoned = await browser.newContext({ baseURL: sealdock.url, storageState: await context.storageState(), timezoneId: 'Asia/Kolkata' })
    const other = await openPage(zoned)
    await go(address, other)
    const [{ at: ms }] = (await lines('limit=1')).lines
    const there = new Date(ms + 5.5 * 3600_000).toISOString()
    await eventually('it is the reader\'s own clock', async () => (await other.locator('.ln .at').last().innerText()) === there.slice(5, 23).replace('T', ' '))
    await zoned.close()
    await page.getByLabel('Times').first().selectOption('No times')
  })

  it('P-21 a link leads to lines that the page did not hold; a range is chosen, copied and linked', async () => {
    await go(`${address}#L6998-L7002`)
    await seen('needle broke')
    assert.equal(await log().locator('.ln.hit').count(), 5)
    const marked = page.getByRole('group', { name: 'Marked lines' })
    assert.match(await marked.innerText(), /Lines 6.998–7.002/)
    await log().getByRole('link', { name: '7003', exact: true }).click()
    await log().getByRole('link', { name: '7001', exact: true }).click({ modifiers: ['Shift'] })
    assert.equal(new URL(page.url()).hash, '#L7001-L7003')
    assert.equal(await log().locator('.ln.hit').count(), 3)
    await marked.getByRole('button', { name: 'Copy text' }).click()
    await marked.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    assert.equal(await copied(), 'INFO v1 request 7001\nINFO v1 request 7002\nINFO v1 request 7003')
    await marked.getByRole('button', { name: 'Copy link' }).click()
    await eventually('the link is copied', async () => (await copied()).endsWith('#L7001-L7003'))
    await page.getByRole('button', { name: 'Show later lines' }).click()
    await log().getByText('INFO v1 request 8000').or(log().getByText('ERROR failure 8000')).first().waitFor()
    await page.getByRole('button', { name: /^To the end/ }).click()
    await seen('ERROR loud 1')
    await page.getByRole('button', { name: 'Unmark' }).click()
    assert.equal(new URL(page.url()).hash, '')
  })

  it('P-21 an address that is changed by hand leads to its line', async () => {
    await go(address)
    await page.evaluate(() => { location.hash = '#L5001-L5002' })
    await log().locator('#L5001.hit').waitFor()
    await page.evaluate(() => { location.hash = '#L11990' })
    await log().locator('#L11990.hit').waitFor()
    assert.equal(await log().locator('.ln.hit').count(), 1)
  })

  it('P-21 the first error, the wrap toggle and the raw log', async () => {
    await go(address)
    await page.getByRole('button', { name: 'First error' }).click()
    await seen('ERROR failure 1000')
    await page.getByRole('button', { name: 'Wrap' }).click()
    assert.equal(await log().locator('.ln .tx').first().evaluate((one) => getComputedStyle(one).whiteSpace), 'pre')
    const raw = page.getByRole('link', { name: 'Raw' })
    assert.notEqual(await raw.getAttribute('download'), null)
    const text = await (await page.request.get(await raw.getAttribute('href'))).text()
    assert.ok(text.split('\n').length > LINES, text.length)
    assert.match(text, /^\S+Z INFO v1 request 1\n/)
  })

  it('P-21 a server that was away leaves no gap and no line twice', async () => {
    await go(address)
    await print('INFO before')
    await log().getByText('INFO before 1').waitFor()
    await sealdock.kill()
    await print('INFO meanwhile', 5)
    await sealdock.serve()
    await print('INFO afterwards')
    await log().getByText('INFO afterwards 1').waitFor({ timeout: 40_000 })
    const shown = await log().locator('.ln .no').allTextContents()
    const seqs = shown.map(Number)
    assert.deepEqual(seqs, seqs.map((_, i) => seqs[0] + i))
    assert.equal(await log().getByText('INFO meanwhile').count(), 5)
  })

  it('P-21 without wasm it is a plain tail, with a search and filters that work', async () => {
    const plain = await browser.newContext({ baseURL: sealdock.url, storageState: await context.storageState(), javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
    const still = await openPage(plain)
    await still.goto(address)
    assert.equal(await still.locator('pre.chunk').first().count(), 1)
    await still.getByRole('log').scrollIntoViewIfNeeded()
    await eventually('the end is in sight', async () => {
      const end = await still.getByText('INFO afterwards 1').boundingBox()
      const box = await still.getByRole('log').boundingBox()
      return end.y > box.y && end.y < box.y + box.height
    })
    await still.getByLabel('Search this log').fill('needle')
    await still.getByRole('button', { name: 'Show', exact: true }).click()
    await still.getByText('1 of 1 line').waitFor()
    assert.equal(await still.locator('.ln.found').textContent().then((text) => text.includes('needle broke')), true)
    await still.getByLabel('Search this log').fill('failure')
    await still.getByLabel('Level').selectOption('Errors')
    await still.getByRole('button', { name: 'Show', exact: true }).click()
    await still.getByText('1 of 11 lines').waitFor()
    await still.getByRole('link', { name: 'Next match' }).click()
    await still.getByText('2 of 11 lines').waitFor()
    assert.match(await still.locator('.ln.found').textContent(), /failure 2000/)
    await plain.close()
  })

  it('Q-42 nothing is wrong with it, in any theme and width', async () => {
    assert.deepEqual(await looked(context, 'log', `${sealdock.url}${address}&find=failure`), [])
    await screenshots(context, 'log-errors', `${sealdock.url}${address}&level=warning#L11900-L12000`)
    assert.deepEqual(await axe(context, `${sealdock.url}${address}&find=failure&level=warning`), [])
  })

  it('I-7 while an update runs, the new version’s log stands beside the old one’s', async () => {
    const { summary } = await client.update(live.summary.environment, { source: git(repository, 'v2') })
    await go(`/deployments/${summary.id}`)
    const own = page.getByRole('region', { name: 'Log: Web 0', exact: true })
    const old = page.getByRole('region', { name: /^Log: Before: #1 v1, Web 0$/ })
    await own.getByRole('log').getByText('INFO v2 request 11999').waitFor({ timeout: 30_000 })
    await old.getByRole('log').getByText('ERROR failure 12000').first().waitFor()
    const [left, right] = [await own.boundingBox(), await old.boundingBox()]
    assert.ok(right.x > left.x && Math.abs(right.y - left.y) < 4, 'side by side')
    await print('INFO old goes on')
    await old.getByRole('log').getByText('INFO old goes on 1').waitFor()
    await old.getByLabel('Level').selectOption('Errors')
    await eventually('only the old one is filtered', async () => (await old.locator('.ln').count()) < 20)
    assert.match(page.url(), /level-before=error/)
    assert.ok((await own.locator('.ln').count()) > 20)
    await screenshots(context, 'log-two', `${sealdock.url}/deployments/${summary.id}`)
    await page.setViewportSize({ width: 390, height: 844 })
    const [upper, lower] = [await own.boundingBox(), await old.boundingBox()]
    assert.ok(lower.y >= upper.y + upper.height, 'one under the other')
    await page.setViewportSize({ width: 1440, height: 900 })
    await client.post(`/v2/deployments/${summary.id}/cancel`, {}).catch(() => null)
  })

  it('P-20 a compose.yaml is chosen as a file, with and without wasm', async () => {
    const name = 'compose.yaml'
    const buffer = Buffer.from(`name: acme\nservices:\n  web:\n    image: ${NODE}\n    pull_policy: never\n    restart: always\n`)
    for (const javaScriptEnabled of [true, false]) {
      const own = await browser.newContext({ baseURL: sealdock.url, storageState: await context.storageState(), javaScriptEnabled })
      const form = await openPage(own)
      await form.goto('/projects/import')
      await form.getByLabel('compose.yaml', { exact: true }).setInputFiles({ name, mimeType: 'application/yaml', buffer })
      await form.getByRole('button', { name: 'Show the plan' }).click()
      await form.getByRole('heading', { name: '1 project is made' }).waitFor()
      await form.getByText('acme-web').first().waitFor()
      await form.getByText('services.web.restart').waitFor()
      assert.match(await form.getByLabel('Or paste it').inputValue(), /restart: always/)
      await own.close()
    }
    await screenshots(context, 'import-file', `${sealdock.url}/projects/import`)
  })

  it('nothing went wrong in the page', () => {
    // A server that was killed is one on purpose.
    assert.deepEqual(page.faults.filter((fault) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to fetch/.test(fault)), [])
  })
})
