/*
 * People at browsers: what they can do with their hands and see with their eyes, in the words of the page. A phone is
 * touched, a laptop clicked; every request, console complaint and received frame of theirs is remembered.
 */
import { createRequire } from 'node:module'
import { check, until } from './harness.mjs'
import { password } from './server.mjs'

const require = createRequire(new URL('../../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
export const axePath = require.resolve('axe-core/axe.min.js')

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
export const LAPTOP = { viewport: { width: 1360, height: 860 } }
export const PROJECTOR = { viewport: { width: 1920, height: 1080 } }

export const PARTS = ['for', 'who', 'offer', 'helps']

let browser = null

/** One browser for all tests; each person is a context of their own. */
export async function openBrowser() {
	browser ??= await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
	})
	return browser
}

export async function closeBrowser() {
	await browser?.close()
	browser = null
}

export class Person {
	/** Everything the server sent over WebSocket, as text. */
	frames = []
	requests = []
	/** What the console or the page complained about. */
	complaints = []

	static async come(bag, device = LAPTOP, options = {}) {
		const context = await (await openBrowser()).newContext({ ...device, reducedMotion: 'reduce', ...options })
		const person = bag.keep(new Person(context, device), (p) => p.context.close())
		bag.show((path) => person.page.screenshot({ path: `${path}-${person.name ?? 'teacher'}.png`, timeout: 3000 }))
		await person.openTab()
		return person
	}

	constructor(context, device) {
		this.context = context
		this.device = device
		context.setDefaultTimeout(15_000)
	}

	async openTab() {
		this.page = await this.context.newPage()
		this.watch(this.page)
		return this.page
	}

	watch(page) {
		page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => this.frames.push(String(payload))))
		page.on('request', (request) => this.requests.push(request.url()))
		page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()))
		page.on('pageerror', (error) => this.complaints.push(String(error)))
	}

	get isPhone() {
		return this.device === PHONE
	}

	$(selector, options) {
		return this.page.locator(selector, options)
	}

	button(name) {
		return this.page.getByRole('button', { name, exact: true })
	}

	/** Touches or clicks, as the device has it. */
	async press(target) {
		const locator = typeof target === 'string' ? this.$(target) : target
		await (this.isPhone ? locator.tap() : locator.click())
	}

	// ── coming in ──

	async join(server, code, name) {
		this.origin = server.origin
		this.name = name
		await this.page.goto(server.link(code))
		await this.page.getByLabel('Your name').fill(name)
		await this.press(this.button('Join'))
		await this.isIn()
		return this
	}

	/** Signs in by name and password, and goes to the class from the desk. */
	async teach(server, code) {
		this.origin = server.origin
		await this.page.goto(`${server.origin}/#/signin`)
		await this.page.getByLabel('Name', { exact: true }).fill(server.instructor)
		await this.page.getByLabel('Password', { exact: true }).fill(password)
		await this.press(this.button('Sign in'))
		await this.press(this.$('button.class', { hasText: `${code.slice(0, 3)}-${code.slice(3)}` }))
		await this.isIn()
		return this
	}

	async isIn() {
		await this.$('[data-saved=ok]').waitFor()
		await this.$('#post-yours, [data-canvas]').waitFor()
	}

	// ── posting ──

	async openComposer() {
		if (!(await this.$('[data-composer]').isVisible())) await this.press('#post-yours')
		await this.$('[data-composer]').waitFor()
	}

	/** Fills in the parts: one after another on a phone, all at once elsewhere. */
	async write(words, { section } = {}) {
		await this.openComposer()
		for (const part of PARTS) {
			if (this.isPhone) await this.press(this.$('.steps button').nth(PARTS.indexOf(part)))
			if (words[part] !== undefined) await this.$(`#part-${part}`).fill(words[part])
			if (words.venture !== undefined && part === 'offer') await this.$('#part-venture').fill(words.venture)
			if (this.isPhone) await this.press('[data-composer] .go .btn:not(.quiet)')
		}
		if (section !== undefined) await this.press(this.$('[data-composer] label.pill', { hasText: section }))
	}

	async sendIt() {
		await this.press('[data-composer] button[type=submit]')
	}

	async post(words, options) {
		await this.write(words, options)
		await this.sendIt()
	}

	async closeComposer() {
		if (await this.$('[data-composer]').isVisible()) await this.press(this.isPhone ? this.button('Finish later') : this.$('[data-composer] .btn.quiet', { hasText: 'Close' }))
		await this.$('[data-composer]').waitFor({ state: 'detached' })
	}

	// ── seeing ──

	card(text) {
		return this.$('article[data-post]', { hasText: text })
	}

	async sees(text) {
		await this.card(text).first().waitFor()
	}

	async seesNot(text) {
		await until(`${this.name ?? 'the instructor'} does not see “${text}”`, async () => (await this.card(text).count()) === 0)
	}

	async seesSaved() {
		await this.$('[data-saved=ok]').waitFor()
	}

	/** The strip that says there is no connection, as text. */
	async seesOffline(pattern = /Not connected/) {
		const strip = this.$('[data-strip=offline]')
		await until(`the strip says ${pattern}`, async () => pattern.test((await strip.textContent({ timeout: 1000 })) ?? ''))
	}

	/** Every card: its id, sentence and state. */
	cards() {
		return this.page.$$eval('article[data-post]', (all) =>
			all.map((card) => ({ id: card.dataset.post, text: card.querySelector('.sentence')?.textContent.trim(), state: card.dataset.state, section: card.closest('[data-section]')?.dataset.section })),
		)
	}

	async toast(text) {
		await this.$('.toast', { hasText: text }).waitFor()
	}

	// ── canvases ──

	/** Goes to a canvas by its address, whatever is there. */
	async goToCanvas(canvas) {
		await this.page.goto(`${this.page.url().replace(/(#\/\w{3}-\w{4}).*/, '$1')}/canvas/${canvas}`)
		await this.$(`[data-canvas="${canvas}"]`).waitFor()
	}

	async openCanvas(canvas) {
		await this.goToCanvas(canvas)
		await this.$('[data-canvas][data-state=ready] [data-box]').first().waitFor()
	}

	note(text) {
		return this.$('[data-note]', { hasText: text })
	}

	/** Waits until a note with these words is in a box, by the box's key. */
	async seesNote(text, box) {
		await this.$(`[data-box="${box}"] [data-note]`, { hasText: text }).waitFor({ state: 'attached' })
	}

	async seesNoNote(text) {
		await until(`${this.name} does not see the note “${text}”`, async () => (await this.note(text).count()) === 0)
	}

	/** What stands on the canvas: the words of every box's notes in order, an open one's as its field has them. */
	sheet() {
		return this.page.$$eval('[data-box]', (boxes) =>
			Object.fromEntries(
				boxes.map((box) => [
					box.dataset.box,
					[...box.querySelectorAll('[data-note]')].map((note) => note.querySelector('[data-editor]')?.value ?? (note.querySelector('.blank') ? '' : note.querySelector('[data-text]').textContent)),
				]),
			),
		)
	}

	/** Turns to a box where one is shown at a time. */
	async turnTo(box) {
		if (!this.isPhone || (await this.$('[data-outline]').count())) return
		const page = this.$(`[data-page="${box}"]`)
		for (let turns = 0; turns < 20 && (await page.getAttribute('inert')) !== null; turns++) {
			const next = this.button('Next box')
			await this.press((await next.isEnabled()) && !(await this.$(`[data-page="${box}"] ~ [data-page]:not([inert])`).count()) ? next : this.button('Box before'))
		}
		await until(`the box ${box} is in sight`, async () => Math.abs((await page.boundingBox())?.x ?? Infinity) < 2)
	}

	async addNote(box, text) {
		await this.turnTo(box)
		await this.press(`[data-add="${box}"]`)
		await this.page.keyboard.insertText(text)
		if (this.isPhone) await this.press(this.$(`[data-box="${box}"]`).getByRole('button', { name: 'Add', exact: true }))
		else await this.page.keyboard.press('Enter')
		await this.seesNote(text, box)
	}

	/** Opens a note's words with the caret at their end. */
	async openNote(text) {
		const note = this.note(text).first()
		await this.turnTo(await note.evaluate((element) => element.closest('[data-box]').dataset.box))
		await this.press(note.locator('[data-text]'))
		await this.$('[data-editor]').waitFor()
		await this.page.keyboard.press('Control+End')
	}

	/** The words in the open note, as they are now. */
	written() {
		return this.$('[data-editor]').inputValue()
	}

	async closeNote() {
		await this.page.keyboard.press('Escape')
		await this.$('[data-editor]').waitFor({ state: 'detached' })
	}

	// ── afterwards ──

	/** Nothing left this server, and neither page nor policy had anything to complain about. */
	isCalm({ except } = {}) {
		const foreign = this.requests.filter((url) => !url.startsWith(this.origin) && !/^(data|blob):/.test(url))
		check(foreign.length === 0, 'no request leaves the server', foreign)
		const complaints = this.complaints.filter((text) => !except?.test(text))
		check(complaints.length === 0, 'the console is quiet', complaints)
	}
}
