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
 * Pictures of a page in every theme and width, as its owner sees it.
 * @param {import('./client.js').Client} client  who set the installation up
 * @returns {Promise<string[]>} what axe finds wrong
 */
export async function looked(client, name, path) {
  const browser = await launch()
  try {
    const { url } = client.sealdock
    const context = await signedIn(browser, client)
    await screenshots(context, name, url + path)
    return await axe(context, url + path)
  } finally {
    await browser.close()
  }
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
 * Takes a picture of an address in each theme and width, as NAME-THEME-WIDTH.png.
 * @param {import('playwright-core').BrowserContext} context  signed in as whoever should see it
 * @param {(page: import('playwright-core').Page) => Promise<void>} [prepare]  e.g. opens a menu
 */
export async function screenshots(context, name, url, prepare = async () => {}) {
  await mkdir(SCREENSHOTS, { recursive: true })
  const paths = []
  await eachLook(context, {}, async (page, look) => {
    await page.goto(url, { waitUntil: 'load' })
    await alive(page)
    await prepare(page)
    const path = join(SCREENSHOTS, `${name}-${look}.png`)
    await page.screenshot({ path, fullPage: true, animations: 'disabled' })
    paths.push(path)
  })
  return paths
}

/** What axe finds wrong with an address in any theme and width, a line each. */
export async function axe(context, url, prepare = async () => {}) {
  const found = []
  // The page's own policy would refuse the script.
  await eachLook(context, { bypassCSP: true }, async (page, look) => {
    await page.goto(url, { waitUntil: 'load' })
    await alive(page)
    await prepare(page)
    await page.evaluate(AXE)
    const { violations } = await page.evaluate(() => globalThis.axe.run())
    for (const { id, help, nodes } of violations) {
      for (const node of nodes) found.push(`${look} ${id}: ${help}: ${node.target.join(' ')}: ${node.html.slice(0, 200)}`)
    }
  })
  return found
}

/** Waits until the page's wasm runs: before that, times are absolute and a log stands at its top. */
export async function alive(page) {
  const mark = page.locator('.live-mark').filter({ visible: true })
  if (await mark.count()) await mark.first().getByText('Live').waitFor()
}

async function eachLook(context, options, look) {
  const storageState = await context.storageState()
  for (const colorScheme of THEMES) {
    for (const [width, height] of Object.entries(WIDTHS)) {
      const viewport = { width: Number(width), height }
      const own = await context.browser().newContext({ storageState, colorScheme, viewport, reducedMotion: 'reduce', ...options })
      try {
        await look(await openPage(own), `${colorScheme}-${width}`)
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
