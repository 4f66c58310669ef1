// Chromium, as a person would look at it: pages, pictures, and what axe says.

import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { SCREENSHOTS } from './places.js'

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]
const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const THEMES = ['light', 'dark']
export const WIDTHS = { 390: 844, 1440: 900 }

export function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  return chromium.launch({ executablePath, headless: true, args: FLAGS })
}

/** A context of whoever's client this is. */
export async function signedIn(browser, client, options = {}) {
  const { url } = client.sealdock
  const context = await browser.newContext({ baseURL: url, ...options })
  const [name, value] = client.cookie.split('; ')[0].split('=')
  await context.addCookies([{ name, value, url }])
  return context
}

/**
 * A page that remembers what went wrong in it: `page.faults` holds console errors, uncaught
 * exceptions and failed requests, for a test to assert that it is empty.
 */
export async function openPage(context) {
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', (error) => page.faults.push(`uncaught: ${error.message}`))
  page.on('console', (message) => message.type() === 'error' && page.faults.push(`console: ${message.text()}`))
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    // A navigation aborts the streams of the page before: that is no fault.
    if (!why.includes('ERR_ABORTED')) page.faults.push(`request: ${request.url()} ${why}`)
  })
  return page
}

/**
 * Pictures of an address in each theme and width, as NAME-THEME-WIDTH.png, and what axe and the console find wrong with it.
 * @param {import('playwright-core').BrowserContext} context  signed in as whoever should see it
 * @param {(page: import('playwright-core').Page) => Promise<void>} [prepare]  e.g. opens a menu
 * @returns {Promise<string[]>} a line for each thing
 */
export async function looked(context, name, url, prepare) {
  const found = []
  await eachLook(context, url, prepare, async (page, look) => {
    await pictured(page, name, look)
    found.push(...(await wrong(page, look)))
  })
  return found
}

/** The same in a browser of its own, as whoever's client this is sees it. */
export async function lookedBy(client, name, path) {
  const browser = await launch()
  try {
    return await looked(await signedIn(browser, client), name, client.sealdock.url + path)
  } finally {
    await browser.close()
  }
}

/** Only the pictures. */
export async function screenshots(context, name, url, prepare) {
  const paths = []
  await eachLook(context, url, prepare, async (page, look) => paths.push(await pictured(page, name, look)))
  return paths
}

/** Only what is wrong. */
export async function axe(context, url, prepare) {
  const found = []
  await eachLook(context, url, prepare, async (page, look) => found.push(...(await wrong(page, look))))
  return found
}

async function pictured(page, name, look) {
  await mkdir(SCREENSHOTS, { recursive: true })
  const path = join(SCREENSHOTS, `${name}-${look}.png`)
  await page.screenshot({ path, fullPage: true, animations: 'disabled' })
  return path
}

async function wrong(page, look) {
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  const lines = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html }) => `${id}: ${help}: ${target.join(' ')}: ${html.slice(0, 200)}`))
  // A page that refuses says so with its status too.
  const faults = page.faults.filter((fault) => page.answered < 400 || !fault.includes(`status of ${page.answered}`))
  return [...lines, ...faults].map((line) => `${look} ${line}`)
}

/** Waits until the page's wasm runs: before that, times are absolute and a log stands at its top. */
export async function alive(page) {
  const mark = page.locator('.live-mark').filter({ visible: true })
  if (await mark.count()) await mark.first().getByText('Live').waitFor()
}

async function eachLook(context, url, prepare, look) {
  const storageState = await context.storageState()
  for (const colorScheme of THEMES) {
    for (const [width, height] of Object.entries(WIDTHS)) {
      const viewport = { width: Number(width), height }
      const own = await context.browser().newContext({ storageState, colorScheme, viewport, reducedMotion: 'reduce' })
      try {
        // As a script of the browser's own: the page's policy would refuse any other.
        await own.addInitScript(AXE)
        const page = await openPage(own)
        page.answered = (await page.goto(url, { waitUntil: 'load' }))?.status()
        await alive(page)
        await prepare?.(page)
        await look(page, `${colorScheme}-${width}`)
      } finally {
        await own.close()
      }
    }
  }
}

/** Presses Tab until `selector` has the focus; fails when it can't be reached. */
export async function tabTo(page, selector, { limit = 80 } = {}) {
  for (let pressed = 0; pressed < limit; pressed++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return
  }
  throw new Error(`${limit} presses of Tab never reach ${selector}`)
}
