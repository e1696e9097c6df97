/* For everybody: assistive technology on every place, the whole story by keyboard alone and by single taps alone, and a page that asks nothing of anybody else. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { check, same, test, until } from './lib/harness.mjs'
import { axePath, LAPTOP, Person, PHONE } from './lib/people.mjs'
import { password, Server } from './lib/server.mjs'

const statements = createRequire(import.meta.url)('../material/statements.json')
const about = (venture) => statements.find((s) => s.venture === venture)
const axe = readFileSync(axePath, 'utf8')

/** What axe finds wrong on the place where a person is, in light and in dark. */
async function findings(person, place) {
	const found = []
	for (const colorScheme of ['light', 'dark']) {
		await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
		// Evaluated from outside the page: its policy lets no foreign script in.
		const { violations } = await person.page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`)
		for (const { id, nodes } of violations) found.push(...nodes.map((node) => `${place} (${colorScheme}): ${id}: ${node.target.join(' ')} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`))
	}
	return found
}

/** Every place of a wall with something in every state, at this device. */
async function visit(bag, device) {
	const server = await Server.start(bag)
	const found = []
	const look = async (person, place) => found.push(...(await findings(person, place)))

	const teacher = await Person.come(bag, device)
	teacher.origin = server.origin
	await teacher.page.goto(`${server.origin}/#/invite/${server.invite}`)
	await teacher.page.getByLabel('Password', { exact: true }).waitFor()
	await look(teacher, 'invitation')
	const code = await server.newClass({ sections: ['Health', 'Food'], hold: true })
	await teacher.page.goto(`${server.origin}/#/signin`)
	await teacher.button('Sign in').waitFor()
	await look(teacher, 'sign-in')
	await teacher.page.goto(`${server.origin}/`)
	await teacher.button('Join').waitFor()
	await teacher.press(teacher.button('Join'))
	await teacher.page.getByRole('alert').first().waitFor()
	await look(teacher, 'door with complaints')
	await teacher.teach(server, code)
	await look(teacher, 'empty wall')

	const ama = await Person.come(bag, device)
	await ama.page.goto(server.link(code))
	await ama.page.getByLabel('Your name').waitFor()
	await look(ama, 'door')
	await ama.join(server, code, 'Ama')
	await ama.write(about('كريم'), { section: 'Health' })
	await look(ama, 'composer')
	await ama.sendIt()
	await ama.card('يصلون').waitFor()
	await ama.post(about('Zipline'), { section: 'Food' })
	await ama.sees('Zipline')
	await ama.closeComposer()
	await teacher.sees('Zipline')
	await teacher.press(teacher.card('Zipline').getByRole('button', { name: 'Reject' }))
	await teacher.page.getByLabel('Why not?').fill('Who pays?')
	await look(teacher, 'wall with reasons to reject')
	await teacher.press(teacher.button('Reject it'))
	await ama.card('Zipline').getByText('Who pays?').waitFor()
	await look(ama, 'wall with own held and rejected posts')
	await ama.press(ama.card('Zipline').getByRole('button', { name: 'Mend' }))
	await look(ama, 'editing in place')

	// Keys are of no use on a phone, and not offered there.
	for (const panel of ['Link and QR code', 'Settings', ...(device === PHONE ? [] : ['Keys'])]) {
		await teacher.press(teacher.button('Menu'))
		await teacher.press(teacher.$('[data-panel=menu]').getByRole('button', { name: panel }))
		await until(`${panel} is open`, async () => (await teacher.$('[data-panel]').getAttribute('data-panel')) !== 'menu')
		await look(teacher, panel)
		await teacher.press(teacher.$('[data-panel]').getByRole('button', { name: 'Close' }))
	}
	await teacher.press(teacher.button('Menu'))
	await look(teacher, 'menu')
	await teacher.press(teacher.$('[data-panel]').getByRole('button', { name: 'Close' }))
	await teacher.press(teacher.card('يصلون').getByRole('button', { name: 'More' }))
	await look(teacher, 'wall with what may be done to a post')
	await teacher.press(teacher.button('Pens down'))
	await ama.$('[data-strip=frozen]').waitFor()
	await look(ama, 'pens down')
	await teacher.page.goto(`${server.link(code)}/show`)
	await teacher.$('main.show').waitFor()
	await look(teacher, 'code for the projector')
	await teacher.page.goto(`${server.origin}/#/desk`)
	await teacher.$('button.class').first().waitFor()
	await look(teacher, 'desk')
	await server.kill()
	await ama.seesOffline()
	await look(ama, 'not connected')
	same(found, [], 'axe finds nothing')
	for (const person of [ama, teacher]) person.isCalm({ except: /WebSocket connection|ERR_CONNECTION|Failed to load resource/ })
}

test('axe would find what is wrong', async (bag) => {
	const server = await Server.start(bag)
	const ama = await Person.come(bag, PHONE)
	ama.origin = server.origin
	await ama.page.goto(server.origin)
	await ama.button('Join').waitFor()
	same(await findings(ama, 'door'), [], 'as it is')
	await ama.page.evaluate(() => document.querySelector('#name').labels[0].remove())
	await ama.page.evaluate(() => (document.querySelector('h1').style.color = '#ccc4'))
	const found = (await findings(ama, 'door')).join()
	for (const rule of ['label', 'color-contrast']) check(found.includes(rule), `axe finds ${rule}`, found)
})

test('axe finds nothing on any place of a phone, light or dark', (bag) => visit(bag, PHONE))
test('axe finds nothing on any place of a laptop, light or dark', (bag) => visit(bag, LAPTOP))

test('the policy is strict, and the page lives under it without a complaint', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const policy = (await fetch(server.origin)).headers.get('content-security-policy')
	for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) check(policy.includes(rule), 'the policy has', rule)
	for (const hole of ['unsafe', '*', 'http:']) check(!policy.includes(hole), 'the policy has no', hole)
	const ama = await (await Person.come(bag, PHONE)).join(server, code, '<b>Ama</b> ${7*7} {{x}}')
	await ama.post({ for: '<img src=x onerror=alert(1)>', who: '"><script>alert(1)</script>', offer: 'javascript:alert(1)', helps: '&lt;b&gt; stay text' })
	await ama.sees('<img src=x onerror=alert(1)>')
	same(await ama.$('.card img, .card script, .card a').count(), 0, 'text is text')
	ama.isCalm()
	// The eye that looks for complaints can see one.
	await ama.page.evaluate(() => document.body.insertAdjacentElement('beforeend', Object.assign(document.createElement('img'), { src: 'https://example.org/x.png' })))
	await until('the policy stops a foreign picture, and the test hears of it', () => ama.complaints.some((text) => text.includes('Content Security Policy')))
})

/* ── keyboard ── */

/** What the focus stands on, as a screen reader would say it. */
const focused = (person) =>
	person.page.evaluate(() => {
		const at = document.activeElement
		return `${at?.id ?? ''} ${at?.getAttribute('aria-label') ?? ''} ${at?.labels?.[0]?.textContent ?? ''} ${at?.matches('button, a, h2, label') ? at.textContent : ''} ${at?.value ?? ''} ${at?.dataset.post ? 'card' : ''}`.replace(/\s+/g, ' ')
	})

/** Tabs on until the focus stands on what was wanted, and checks that it can be seen there. */
async function tabTo(person, wanted, key = 'Tab') {
	const passed = []
	for (let i = 0; i < 60; i++) {
		const at = await focused(person)
		if (wanted.test(at)) {
			const seen = await person.page.evaluate(() => {
				const at = document.activeElement
				const shown = at.matches('input[type=radio], input[type=checkbox]') ? (at.closest('label') ?? at) : at
				const styles = [at, shown].map((element) => getComputedStyle(element))
				return styles.some((style) => style.outlineStyle !== 'none' || style.boxShadow !== 'none') && shown.getBoundingClientRect().width > 0
			})
			check(seen, `the focus can be seen on ${at}`)
			return
		}
		passed.push(at)
		await person.page.keyboard.press(key)
	}
	throw new Error(`the Tab key never reaches ${wanted}: ${passed.join(' | ')}`)
}

test('the whole story by keyboard alone', async (bag) => {
	const server = await Server.start(bag)
	const teacher = await Person.come(bag, LAPTOP)
	const keys = (person) => person.page.keyboard
	const press = async (person, ...names) => {
		for (const name of names) await keys(person).press(name)
	}
	teacher.origin = server.origin
	await teacher.page.goto(`${server.origin}/#/invite/${server.invite}`)
	await teacher.button('Set and go on').waitFor()
	await tabTo(teacher, /Your name/)
	await keys(teacher).type('Dr Kwarteng')
	await press(teacher, 'Tab')
	await keys(teacher).type(password)
	await press(teacher, 'Enter')
	await teacher.button('Open the class').waitFor()
	await tabTo(teacher, /^title/)
	await keys(teacher).type('By keyboard')
	await tabTo(teacher, /^sections/)
	await keys(teacher).type('Health\nFood')
	await tabTo(teacher, /Open the class/)
	await press(teacher, 'Enter')
	await teacher.isIn()
	const code = /[#]\/(\w{3}-\w{4})/.exec(teacher.page.url())[1].replace('-', '')
	await press(teacher, 'Escape')
	await teacher.$('[data-panel]').waitFor({ state: 'detached' })

	// The student.
	const lin = await Person.come(bag, LAPTOP)
	lin.origin = server.origin
	await lin.page.goto(server.link(code))
	await lin.button('Join').waitFor()
	await tabTo(lin, /Your name/)
	await keys(lin).type('Lin')
	await press(lin, 'Enter')
	await lin.isIn()
	const writes = async (person, words, section) => {
		await person.page.evaluate(() => document.activeElement.blur())
		await press(person, 'n')
		await until('the composer has the focus', async () => /part-for/.test(await focused(person)))
		for (const part of ['for', 'who', 'offer', 'helps']) {
			await tabTo(person, new RegExp(`^part-${part}`))
			await keys(person).type(words[part])
		}
		await tabTo(person, /^part-venture/)
		if (words.venture) await keys(person).type(words.venture)
		await press(person, 'Tab')
		await until('a section has the focus', async () => person.page.evaluate(() => document.activeElement.name === 'section'))
		await press(person, 'Space')
		for (let i = 0; i < 5 && !(await person.page.evaluate((title) => document.activeElement.closest('label')?.textContent.trim() === title, section)); i++) await press(person, 'ArrowDown')
		await tabTo(person, /Post\b/)
		await press(person, 'Enter')
		await person.sees(words.offer)
		await press(person, 'Escape')
		await person.$('[data-composer]').waitFor({ state: 'detached' })
	}
	await writes(lin, about('mPharma'), 'Food')
	await teacher.$('section.col', { hasText: 'Food' }).locator('article', { hasText: 'mPharma' }).waitFor()

	// Edit, delete, undo.
	await press(lin, 'j')
	await until('the card has the focus', async () => /card/.test(await focused(lin)))
	await press(lin, 'e')
	await lin.$('form.editor').waitFor()
	await until('its first field has the focus', () => lin.page.evaluate(() => document.activeElement.matches('form.editor textarea')))
	await press(lin, 'End')
	await keys(lin).type(' and wards')
	await press(lin, 'Control+Enter')
	await teacher.sees('and wards')
	await lin.page.evaluate(() => document.activeElement.blur())
	await press(lin, 'j', 'd')
	await teacher.seesNot('mPharma')
	await press(lin, 'u')
	await teacher.sees('mPharma')

	// Hold, reject with a reason, mend, approve, hide, show, move, pens down and up.
	await tabTo(teacher, /Settings/)
	await press(teacher, 'Enter')
	await teacher.$('[data-panel=settings]').waitFor()
	await until('the panel has the focus', async () => /panel-title/.test(await focused(teacher)))
	for (let i = 0; i < 30 && !(await teacher.page.evaluate(() => document.activeElement.name === 'hold')); i++) await press(teacher, 'Tab')
	await press(teacher, 'ArrowDown')
	await until('posts are held', () => teacher.page.evaluate(() => document.querySelectorAll('input[name=hold]')[1].checked))
	await teacher.seesSaved()
	await press(teacher, 'Escape')
	await writes(lin, about('Khan Academy'), 'Health')
	await lin.card('Khan Academy').getByText('Waiting for approval').waitFor()
	await teacher.sees('Khan Academy')
	await teacher.page.evaluate(() => document.activeElement.blur())
	await press(teacher, 'w', 'j', 'r')
	await until('the reason has the focus', async () => /Why not/.test(await focused(teacher)))
	await keys(teacher).type('Which pupils?')
	await tabTo(teacher, /Reject it/)
	await press(teacher, 'Enter')
	await lin.card('Khan Academy').getByText('Which pupils?').waitFor()
	await lin.page.evaluate(() => document.activeElement.blur())
	await tabTo(lin, /Mend/)
	await press(lin, 'Enter')
	await until('the first field has the focus', () => lin.page.evaluate(() => document.activeElement.matches('form.editor textarea')))
	await press(lin, 'End')
	await keys(lin).type(' at night')
	await press(lin, 'Control+Enter')
	await teacher.sees('at night')
	await teacher.page.evaluate(() => document.activeElement.blur())
	await press(teacher, 'j', 'a')
	await lin.card('at night').getByText('Waiting').waitFor({ state: 'detached' })
	await press(teacher, 'w')
	await teacher.page.evaluate(() => document.activeElement.blur())
	await press(teacher, 'j', 'h')
	await lin.card('at night').getByText('Hidden from the class').waitFor()
	await press(teacher, 'h')
	await lin.card('at night').getByText('Hidden from the class').waitFor({ state: 'detached' })
	await press(teacher, 'm')
	await tabTo(teacher, /Food/)
	await press(teacher, 'Enter')
	await lin.$('section.col', { hasText: 'Food' }).locator('article', { hasText: 'at night' }).waitFor()
	await tabTo(teacher, /Pens down/)
	await press(teacher, 'Enter')
	await lin.$('[data-strip=frozen]').waitFor()
	await press(teacher, 'Enter')
	await lin.$('[data-strip=frozen]').waitFor({ state: 'detached' })
	await press(lin, '?')
	await lin.$('[data-panel=keys]').waitFor()
	await press(lin, 'Escape')
	await lin.$('[data-panel=keys]').waitFor({ state: 'detached' })
	for (const person of [teacher, lin]) person.isCalm()
})

/* ── taps ── */

test('the whole story by single taps alone, on phones', async (bag) => {
	const server = await Server.start(bag)
	/** Taps with one finger at one place; words come from the keyboard that opens. */
	const tap = async (person, locator) => {
		await locator.scrollIntoViewIfNeeded()
		const box = await until('there is something to tap', () => locator.boundingBox())
		check(box.width >= 24 && box.height >= 24, 'what is tapped is at least 24 px wide and high', `${await locator.textContent()} ${JSON.stringify(box)}`)
		await person.page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2)
	}
	const type = (person, text) => person.page.keyboard.insertText(text)
	const field = async (person, locator, text) => {
		await tap(person, locator)
		await until('the field has the focus', () => locator.evaluate((element) => element === document.activeElement))
		await type(person, text)
	}
	const teacher = await Person.come(bag, PHONE)
	teacher.origin = server.origin
	await teacher.page.goto(`${server.origin}/#/invite/${server.invite}`)
	await field(teacher, teacher.page.getByLabel('Your name, as your classes see it'), 'Dr Kwarteng')
	await field(teacher, teacher.page.getByLabel('Password', { exact: true }), password)
	await tap(teacher, teacher.button('Set and go on'))
	await field(teacher, teacher.page.getByLabel('Class', { exact: true }), 'By taps')
	await field(teacher, teacher.page.getByLabel('Sections, one a line'), 'Health\nFood')
	await tap(teacher, teacher.$('label.choice', { hasText: 'Hold until I approve them' }))
	await tap(teacher, teacher.button('Open the class'))
	await teacher.isIn()
	const code = /[#]\/(\w{3}-\w{4})/.exec(teacher.page.url())[1].replace('-', '')
	await tap(teacher, teacher.$('[data-panel]').getByRole('button', { name: 'Close' }))

	const ama = await Person.come(bag, PHONE)
	const kofi = await Person.come(bag, PHONE)
	for (const [person, name] of [[ama, 'Ama'], [kofi, 'Kofi']]) {
		person.origin = server.origin
		await person.page.goto(server.link(code))
		await field(person, person.page.getByLabel('Your name'), name)
		await tap(person, person.button('Join'))
		await person.isIn()
	}
	const words = about('Khan Academy')
	await tap(ama, ama.$('#post-yours'))
	for (const part of ['for', 'who', 'offer', 'helps']) {
		await until('the next part has the focus', () => ama.$(`#part-${part}`).evaluate((element) => element === document.activeElement))
		await type(ama, words[part])
		await tap(ama, ama.$('[data-composer] .go .btn:not(.quiet)'))
	}
	await tap(ama, ama.$('[data-composer] label.pill', { hasText: 'Food' }))
	await tap(ama, ama.$('[data-composer] button[type=submit]'))
	await ama.card(words.offer).getByText('Waiting for approval').waitFor()

	await teacher.sees(words.offer)
	await tap(teacher, teacher.card(words.offer).getByRole('button', { name: 'Reject' }))
	await field(teacher, teacher.page.getByLabel('Why not?'), 'Which pupils?')
	await tap(teacher, teacher.button('Reject it'))
	await ama.card(words.offer).getByText('Which pupils?').waitFor()
	await tap(ama, ama.card(words.offer).getByRole('button', { name: 'Mend' }))
	await field(ama, ama.$('form.editor textarea').first(), 'night-school ')
	await tap(ama, ama.button('Save'))
	await tap(teacher, teacher.card('night-school').getByRole('button', { name: 'Approve' }))
	await kofi.sees('night-school')

	const more = () => tap(teacher, teacher.card(words.offer).getByRole('button', { name: 'More' }))
	await more()
	await tap(teacher, teacher.card(words.offer).getByRole('button', { name: 'Hide' }))
	await kofi.seesNot(words.offer)
	await tap(teacher, teacher.$('.toast').getByRole('button', { name: 'Undo' }))
	await kofi.sees(words.offer)
	if (!(await teacher.card(words.offer).getByRole('button', { name: 'Move to…' }).isVisible())) await more()
	await tap(teacher, teacher.card(words.offer).getByRole('button', { name: 'Move to…' }))
	await tap(teacher, teacher.card(words.offer).getByRole('button', { name: 'Health' }))
	await kofi.$('section.col', { hasText: 'Health' }).locator('article', { hasText: words.offer }).waitFor()
	await tap(teacher, teacher.button('Pens down'))
	await ama.$('[data-strip=frozen]').waitFor()
	await tap(teacher, teacher.button('Pens up'))
	await ama.$('[data-strip=frozen]').waitFor({ state: 'detached' })
	await tap(ama, ama.card(words.offer).getByRole('button', { name: 'Delete' }))
	await kofi.seesNot(words.offer)
	await tap(ama, ama.$('.toast').getByRole('button', { name: 'Undo' }))
	await kofi.sees(words.offer)
	for (const person of [teacher, ama, kofi]) person.isCalm()
})
