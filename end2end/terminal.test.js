// A terminal in the browser: what is typed runs in an instance of a debug environment, and nowhere else.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nodeImage, removeBase } from './lib/base-image.js'
import { launch, looked, openPage, signedIn, tabTo } from './lib/browser.js'
import { Client, fill, image, served } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Sealdock } from './lib/sealdock.js'

const BASE = 'sealdock-test/browser-base:1'
const APP = `require('http').createServer((q, a) => a.end('hello')).listen(process.env.PORT)`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('a terminal in the browser', { skip, concurrency: 1 }, () => {
  let sealdock, client, installation, production, debug, project, browser, context, page

  before(async () => {
    await nodeImage(BASE)
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const config = { command: ['node', '-e', APP], drain_s: 0 }
    const first = await client.live('web', image(BASE), config)
    ;({ project, environment: production } = first.summary)
    installation = await client.installation(first.summary.id)
    debug = (await client.post(`/v2/projects/${project}/environments`, { name: 'debug', debug: true })).id
    await client.updated(debug, { source: image(BASE), config: { ...config, replicas: 2 } })
    await served(sealdock, 'debug-web.localhost', 'hello', { path: '/' })
    browser = await launch()
    context = await signedIn(browser, client, { viewport: { width: 1440, height: 900 } })
    page = await openPage(context)
  })
  after(async () => {
    await browser?.close()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await removeBase(BASE)
  })

  const path = (id) => `/environments/${id}/terminal`
  const screen = () => page.locator('.terminal-screen')
  const said = () => page.locator('.terminal-said')
  const start = async (on = page) => {
    await on.locator('sealdock-terminal:defined').waitFor()
    await on.getByRole('button', { name: /^Start/ }).click()
    await on.locator('.terminal-open').waitFor()
  }
  const prints = (text, on = page) => eventually(`it prints ${text}`, async () => (await on.locator('.xterm-rows').innerText()).includes(text))
  const type = async (text) => {
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }

  it('I-10 from the project’s page to the output of a command, in the size of the window', async () => {
    await page.goto(`/projects/${project}`)
    await page.getByRole('link', { name: 'Terminal', exact: true }).click()
    await page.waitForURL(`**${path(debug)}`)
    await page.getByRole('heading', { name: 'Terminal of debug', level: 1 }).waitFor()
    await start()
    await type('echo $((6*7)) $TERM')
    await prints('42 xterm-256color')
    await type(`printf '\\033[38;2;255;120;0mcoloured\\033[0m\\n'`)
    await prints('coloured')
    const colour = await screen().locator('span', { hasText: /^coloured$/ }).first().evaluate((span) => getComputedStyle(span).color)
    assert.equal(colour, 'rgb(255, 120, 0)')
    const size = async () => {
      await type(`clear; node -p '"s" + process.stdout.columns + "x" + process.stdout.rows + "e"'`)
      const found = () => page.locator('.xterm-rows').innerText().then((text) => /s(\d+)x(\d+)e/.exec(text))
      const [, columns] = await eventually('it says its size', found)
      return Number(columns)
    }
    const wide = await size()
    assert.ok(wide > 80, `${wide} columns`)
    await page.setViewportSize({ width: 390, height: 844 })
    await eventually('it is narrower', async () => (await size()) < 60)
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  it('I-10 its end is a sentence, and it starts again only when told', async () => {
    await type('exit 3')
    await said().getByText('The command ended with code 3.').waitFor()
    const again = page.getByRole('button', { name: 'Start again' })
    assert.ok(await again.evaluate((button) => button === document.activeElement), 'whoever typed is at the button')
    await page.getByLabel('Command', { exact: true }).fill('node -p 6*7')
    await page.getByLabel('Instance').selectOption('2')
    // It may be over before anybody could see that it was open.
    await again.click()
    await said().getByText('The command ended with code 0.').waitFor()
    await prints('42')
    const { items } = await client.get(`/v2/events?project=${project}`)
    assert.match(items.find(({ sentence }) => sentence.includes('opened a terminal')).sentence, /in instance 2 of .*: node\.$/)
    await page.getByLabel('Command', { exact: true }).fill('no-such-program')
    await page.getByRole('button', { name: /^Start/ }).click()
    await eventually('it says why', async () => /no-such-program|not found|code 12\d/.test(await said().innerText()))
  })

  it('I-10 by keyboard in and out: Escape and Tab leave it', async () => {
    await page.getByLabel('Command', { exact: true }).fill('sh')
    await tabTo(page, 'sealdock-terminal button')
    await page.keyboard.press('Enter')
    await page.locator('.terminal-open').waitFor()
    const inside = () => page.evaluate(() => document.querySelector('.terminal-screen').contains(document.activeElement))
    await eventually('the terminal has the focus', inside)
    await page.keyboard.press('Tab')
    assert.ok(await inside(), 'Tab belongs to the command')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    assert.ok(!(await inside()), 'Escape, then Tab, leaves')
  })

  it('I-10 whoever goes to another page ends it', async () => {
    await page.getByLabel('Main').getByRole('link', { name: 'Deployments' }).click().catch(() => page.goto('/deployments'))
    await page.waitForURL('**/deployments')
    await page.goBack()
    await start()
    await type('echo $((40+2)) again')
    await prints('42 again')
  })

  it('I-10 production, a viewer and an empty environment get a sentence', async () => {
    const empty = (await client.post(`/v2/projects/${project}/environments`, { name: 'empty', debug: true })).id
    for (const [id, sentence] of [[production, /web \/ production is not for debugging/], [empty, /Nothing serves in web \/ empty/]]) {
      await page.goto(path(id))
      await page.getByText(sentence).waitFor()
      assert.equal(await page.locator('sealdock-terminal').count(), 0)
    }
    const { token } = await client.post('/v2/invitations', { email: 'vera@example.org', role: 'viewer' })
    const cookie = await fill(sealdock, '/join', { token, email: 'vera@example.org', password: 'another long password' })
    const viewer = await openPage(await signedIn(browser, new Client(sealdock, null, cookie)))
    const answer = await viewer.goto(path(debug))
    assert.equal(answer.status(), 403)
    await viewer.getByText(/As a viewer you can't open a terminal/).waitFor()
  })

  it('I-10 what is refused once it is asked for is said in the page', async () => {
    await page.goto(path(debug))
    await page.locator('sealdock-terminal:defined').waitFor()
    await page.getByLabel('Command', { exact: true }).fill('   ')
    await page.locator('sealdock-terminal form').evaluate((form) => (form.noValidate = true))
    await page.getByRole('button', { name: 'Start' }).click()
    await said().getByText(/`argv` is a JSON list/).waitFor()
  })

  it('I-10 without scripts the page says so, with the command line', async () => {
    const plain = await signedIn(browser, client, { javaScriptEnabled: false })
    const simple = await plain.newPage()
    await simple.goto(path(debug))
    await simple.getByText('takes JavaScript, which is off here or').waitFor()
    await simple.getByText('sealdock exec web --environment debug').waitFor()
    assert.equal(await simple.locator('sealdock-terminal form').isVisible(), false)
    await plain.close()
  })

  it('Q-42 it is looked at and axe finds nothing, closed and open; no other page loads it', async () => {
    const address = sealdock.url + path(debug)
    const used = async (on) => {
      await start(on)
      await on.keyboard.type('ls /')
      await on.keyboard.press('Enter')
      await prints('proc', on)
    }
    const found = [...(await looked(context, 'terminal', address)), ...(await looked(context, 'terminal-open', address, used))]
    assert.deepEqual(found, [])
    const other = await openPage(context)
    const loaded = []
    other.on('request', (request) => loaded.push(new URL(request.url()).pathname))
    await other.goto(`/projects/${project}`)
    await other.locator('.side .live-mark').getByText('Live').waitFor()
    assert.deepEqual(loaded.filter((name) => name.startsWith('/terminal/')), [])
  })

  it('no page threw, refused a style or a script, or failed a request', () => {
    assert.deepEqual(page.faults, [])
  })
})
