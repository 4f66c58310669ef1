// A terminal in a page: <sealdock-terminal data-environment="env_…" data-title="web / debug">.
// It opens a socket when a person presses Start, and never again by itself.

import { FitAddon } from './addon-fit.mjs'
import { Terminal } from './xterm.mjs'

// A message of a person is at most 64 KiB; a longer paste goes in pieces.
const MOST_TYPED = 32 << 10
// xterm throws away what it can't draw in time; a person is told instead.
const MOST_WAITING = 24 << 20
const LOOK = {
  fontSize: 13,
  scrollback: 5000,
  screenReaderMode: true,
  theme: { background: '#0d0f12', foreground: '#d5d9e0', cursor: '#8aaeff', selectionBackground: '#2c4a80' },
}

class SealdockTerminal extends HTMLElement {
  #find = (selector) => this.querySelector(selector)
  #socket = null
  #terminal = null

  connectedCallback() {
    this.form = this.#find('form')
    this.button = this.#find('button')
    this.form.addEventListener('submit', this.#submit)
    this.button.disabled = false
  }

  disconnectedCallback() {
    this.form?.removeEventListener('submit', this.#submit)
    this.#leave()
    this.resized?.disconnect()
    this.#terminal?.dispose()
    this.#terminal = null
    delete document.createElement
  }

  #submit = (event) => {
    event.preventDefault()
    if (!this.#socket) this.#start()
  }

  #start() {
    this.#terminal ? this.#terminal.reset() : this.#draw()
    this.fit.fit()
    this.#busy(true)
    this.#say('Opening…')
    const socket = new WebSocket(this.#address())
    this.#socket = socket
    let [sentence, waiting] = [null, 0]
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.classList.add('terminal-open')
      this.#say('')
      this.#terminal.focus()
    }
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') return void (sentence = JSON.parse(data).sentence)
      waiting += data.byteLength
      this.#terminal?.write(new Uint8Array(data), () => (waiting -= data.byteLength))
      if (waiting < MOST_WAITING) return
      sentence = 'It printed faster than this page could show, so it was ended.'
      socket.close()
    }
    socket.onclose = () => {
      if (this.#socket === socket) this.#ended(sentence ?? 'The connection broke, and the command was ended.')
    }
  }

  #ended(sentence) {
    const inside = this.#find('.terminal-screen').contains(document.activeElement)
    this.#socket = null
    this.#busy(false)
    this.button.textContent = 'Start again'
    this.#say(sentence)
    if (inside) this.button.focus()
  }

  #leave() {
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  #busy(busy) {
    for (const field of this.form.elements) field.disabled = busy
    this.#terminal.options.disableStdin = !busy
    this.#terminal.options.cursorBlink = false
    if (!busy) this.classList.remove('terminal-open')
  }

  #say(sentence) {
    this.#find('.terminal-said').textContent = sentence
  }

  #address() {
    const { command, instance } = this.form.elements
    const argv = JSON.stringify(command.value.split(/\s+/).filter(Boolean))
    const { cols, rows } = this.#terminal
    const asked = new URLSearchParams({ argv, columns: cols, rows, instance: instance?.value ?? 1 })
    const url = new URL(`/v2/environments/${this.dataset.environment}/terminal?${asked}`, location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    return url.href
  }

  #draw() {
    const screen = this.#find('.terminal-screen')
    const fontFamily = getComputedStyle(screen).fontFamily
    // For as long as it lives: every coloured word is an element of its own.
    document.createElement = create
    const terminal = new Terminal({ ...LOOK, fontFamily })
    this.#terminal = terminal
    this.fit = new FitAddon()
    terminal.loadAddon(this.fit)
    terminal.open(screen)
    terminal.textarea.setAttribute('aria-label', `Terminal of ${this.dataset.title}`)
    terminal.textarea.setAttribute('aria-describedby', 'terminal-keys')
    terminal.attachCustomKeyEventHandler(leavable())
    terminal.onData((text) => this.#type(new TextEncoder().encode(text)))
    terminal.onBinary((text) => this.#type(Uint8Array.from(text, (c) => c.charCodeAt(0))))
    terminal.onResize(({ cols, rows }) => this.#send(JSON.stringify({ columns: cols, rows })))
    this.resized = new ResizeObserver(() => this.fit.fit())
    this.resized.observe(screen)
  }

  #type(bytes) {
    for (let at = 0; at < bytes.length; at += MOST_TYPED) this.#send(bytes.subarray(at, at + MOST_TYPED))
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message)
  }
}

/** Escape, then Tab, leaves: Tab alone belongs to the command. Escape itself is the command's too. */
function leavable() {
  let escaped = false
  return ({ type, key }) => {
    if (type !== 'keydown' || key === 'Shift') return true
    const leaves = escaped && key === 'Tab'
    escaped = key === 'Escape'
    return !leaves
  }
}

// xterm makes style elements, and writes style attributes as text; the page's policy allows neither.
// An element gets the page's nonce instead, and an attribute goes through the object model.
const nonce = document.querySelector('script[nonce]')?.nonce

function create(name, options) {
  const element = Document.prototype.createElement.call(document, name, options)
  if (name === 'style') element.nonce = nonce
  if (name === 'span') {
    element.setAttribute = (key, value) =>
      key === 'style' ? (element.style.cssText = value) : Element.prototype.setAttribute.call(element, key, value)
  }
  return element
}

customElements.define('sealdock-terminal', SealdockTerminal)
