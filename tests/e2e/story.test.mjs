/* The whole story, from the instructor's link to a wall that four kinds of screens share. */
import { createRequire } from 'node:module'
import { check, same, test, until } from './lib/harness.mjs'
import { LAPTOP, Person, PHONE } from './lib/people.mjs'
import { password, Server } from './lib/server.mjs'
import { command, Terminal } from './lib/terminal.mjs'

const statements = createRequire(import.meta.url)('../material/statements.json')
export const about = (venture) => statements.find((s) => s.venture === venture)

/** A class with everybody in it. */
async function classWithAll(bag, { title, sections = [], ...settings } = {}) {
	const server = await Server.start(bag)
	const code = await server.newClass({ title: title ?? 'Class of the test', sections, ...settings })
	const teacher = await (await Person.come(bag)).teach(server, code)
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama O.')
	const kofi = await (await Person.come(bag, PHONE)).join(server, code, 'Kofi')
	return { server, code, teacher, ama, kofi }
}

test('from the printed link to a class with a code, sections and a QR code', async (bag) => {
	const server = await Server.start(bag)
	const teacher = await Person.come(bag)
	teacher.origin = server.origin
	await teacher.page.goto(`${server.origin}/#/invite/${server.invite}`)
	await teacher.page.getByLabel('Your name, as your classes see it').fill('Dr Kwarteng')
	await teacher.page.getByLabel('Password', { exact: true }).fill('too short')
	await teacher.press(teacher.button('Set and go on'))
	await teacher.page.getByRole('alert').waitFor()
	await teacher.page.getByLabel('Password', { exact: true }).fill(password)
	await teacher.press(teacher.button('Set and go on'))
	await teacher.page.getByLabel('Class', { exact: true }).fill('Entrepreneurship 101')
	check(!teacher.page.url().includes(server.invite), 'the one-time link is gone from the address')
	await teacher.page.getByLabel('Sections, one a line').fill('Health\nFood and farming\n\n  Cities  ')
	await teacher.press(teacher.button('Open the class'))
	await teacher.isIn()
	const code = /[#]\/(\w{3}-\w{4})/.exec(teacher.page.url())[1]
	check(/^[2-9BCDFGHJKMNPQRSTVWXZ]{3}-[2-9BCDFGHJKMNPQRSTVWXZ]{4}$/.test(code), 'the code has seven symbols', code)
	await teacher.$('[data-panel=code] .big', { hasText: code }).waitFor()
	await teacher.$('[data-panel=code] .link', { hasText: `${server.origin}/#/${code}` }).waitFor()
	await until('the QR code is drawn', () => teacher.$('[data-panel=code] .qr img').evaluate((image) => image.naturalWidth > 0 && image.getBoundingClientRect().width > 100))
	same(await teacher.$('section.col h2 bdi').allTextContents(), ['Health', 'Food and farming', 'Cities'], 'the sections in their order')

	// The link works once.
	const other = await Person.come(bag)
	other.origin = server.origin
	await other.page.goto(`${server.origin}/#/invite/${server.invite}`)
	await other.page.getByLabel('Your name, as your classes see it').fill('Somebody')
	await other.page.getByLabel('Password', { exact: true }).fill(password)
	await other.press(other.button('Set and go on'))
	await other.page.getByRole('alert').waitFor()
	check(other.page.url().includes('invite'), 'a used link lets nobody in')

	// Another does, and its instructor has a desk of their own.
	await other.page.goto(`${server.origin}/#/invite/${await server.newInvite()}`)
	await other.page.getByLabel('Your name, as your classes see it').fill('Dr Mensah')
	await other.page.getByLabel('Password', { exact: true }).fill(password)
	await other.press(other.button('Set and go on'))
	await other.page.getByText('None yet.').waitFor()
	teacher.isCalm()
})

test('a mistyped code is said, and can be put right where it stands', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const wrong = code.startsWith('2') ? `3${code.slice(1)}` : `2${code.slice(1)}`
	const ama = await Person.come(bag, PHONE)
	ama.origin = server.origin
	await ama.page.goto(server.origin)
	await ama.page.getByLabel('Class code').fill(wrong.toLowerCase())
	await ama.page.getByLabel('Your name').fill('Ama')
	await ama.press(ama.button('Join'))
	await ama.page.getByText('No class has this code').waitFor()
	same(await ama.page.getByLabel('Your name').inputValue(), 'Ama', 'the name is still there')
	await ama.page.getByLabel('Class code').fill(code.toLowerCase())
	await ama.press(ama.button('Join'))
	await ama.isIn()
	check(ama.page.url().endsWith(`#/${code.slice(0, 3)}-${code.slice(3)}`), 'the address is the class’s', ama.page.url())
	ama.isCalm()
})

test('words over the limit are counted where they are typed, and never cut', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass({ sections: [] })
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	const family = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'
	await ama.write({ for: family.repeat(302), offer: 'a picture' })
	await ama.sendIt()
	await ama.$('#hint-for', { hasText: '2 characters too many' }).waitFor()
	same((await ama.cards()).length, 0, 'nothing is posted')
	const seen = await ama.$('#hint-for').evaluate((hint) => {
		const box = hint.getBoundingClientRect()
		const at = document.elementFromPoint(box.left + 5, box.top + box.height / 2)
		return hint.contains(at)
	})
	check(seen, 'the count is in sight, above the buttons')
	await ama.$('#part-for').fill(family.repeat(300))
	for (let i = 0; i < 4; i++) await ama.press('[data-composer] .go .btn:not(.quiet)')
	await ama.sendIt()
	await until('it is posted whole', async () => (await ama.$('article bdi.for').allTextContents()).some((text) => text === family.repeat(300)))
	ama.isCalm()
})

test('Back closes the composer of a phone, keeps its words and stays in the class', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	await ama.openComposer()
	await ama.$('#part-for').fill('people who press Back')
	await ama.page.goBack()
	await ama.$('[data-composer]').waitFor({ state: 'detached' })
	await ama.isIn()
	await ama.openComposer()
	check((await ama.$('[data-composer] .sentence').textContent()).includes('people who press Back'), 'the words are kept')
	await ama.closeComposer()
	await ama.post({ for: 'people who press Back', offer: 'no surprise' })
	await ama.sees('no surprise')
	await until('posting leaves no trace in the history', () => ama.page.evaluate(() => !history.state?.composing))
	ama.isCalm()
})

test('sections are added, renamed, moved, removed and brought back', async (bag) => {
	const { teacher, ama } = await classWithAll(bag, { sections: ['Health', 'Cities'] })
	const titles = (person) => person.$('section.col h2 bdi').allTextContents()
	const become = (wanted) => until(`the sections are ${wanted}`, async () => (await titles(ama)).join() === wanted && (await titles(teacher)).join() === wanted)
	await teacher.press(teacher.button('Add a section'))
	await teacher.page.getByLabel('New section').fill('Energy')
	await teacher.page.keyboard.press('Enter')
	await become('Health,Cities,Energy')
	await teacher.page.keyboard.press('Escape')
	await teacher.press(teacher.button('Change the section Energy'))
	await teacher.page.getByLabel('Section title').fill('Énergie ☀️')
	await teacher.press(teacher.button('Save'))
	await become('Health,Cities,Énergie ☀️')
	await teacher.press(teacher.button('Change the section Énergie ☀️'))
	await teacher.press(teacher.button('Move it earlier'))
	await become('Health,Énergie ☀️,Cities')
	await teacher.press(teacher.button('Remove'))
	await become('Health,Cities')
	await teacher.press(teacher.button('Bring back “Énergie ☀️”'))
	await become('Health,Énergie ☀️,Cities')
})

test('phones, laptop and terminal post; everybody sees everybody; authors edit, delete and undo', async (bag) => {
	const { server, code, teacher, ama, kofi } = await classWithAll(bag, { title: 'One wall', sections: ['Health', 'Food', 'Money'] })
	const lin = await (await Person.come(bag, LAPTOP)).join(server, code, 'Lin')
	const terminal = await Terminal.open(bag, { args: [`${code}@localhost:${server.port}`, '--name', 'Tess'] })
	await terminal.sees('One wall')
	const screens = [teacher, ama, kofi, lin]

	await ama.post(about('Zipline'), { section: 'Health' })
	await kofi.post(about('Too Good To Go'), { section: 'Food' })
	await lin.post(about('M-PESA'), { section: 'Money' })
	await terminal.keys('n')
	await terminal.sees('New post')
	for (const part of ['commuters', 'lose an hour a day', 'BART', 'trains under the bay', 'them arrive on time']) {
		await terminal.type(part)
		await terminal.keys('Enter')
	}
	await terminal.keys('C-s')
	for (const person of screens) for (const words of ['Zipline', 'Too Good To Go', 'M-PESA', 'BART']) await person.sees(words)
	for (const words of ['Zipline', 'Too Good To Go', 'M-PESA', 'BART']) await terminal.sees(words)
	await ama.card('BART').getByText('Tess').waitFor()
	await terminal.sees('Ama O.')
	const health = ama.$('section.col', { hasText: 'Health' }).locator('article', { hasText: 'Zipline' })
	await health.waitFor()

	// Edit on the phone.
	await ama.press(ama.card('Zipline').getByRole('button', { name: 'Edit' }))
	await ama.card('Zipline').or(ama.$('article form.editor')).first().waitFor()
	await ama.$('form.editor textarea').nth(3).fill('them treat an emergency at once')
	await ama.press(ama.button('Save'))
	for (const person of screens) await person.sees('them treat an emergency at once')
	await terminal.sees('at once')
	await teacher.card('Zipline').getByText('edited').waitFor()

	// Delete, undo.
	await ama.press(ama.card('Zipline').getByRole('button', { name: 'Delete' }))
	for (const person of [teacher, kofi, lin]) await person.seesNot('Zipline')
	await terminal.seesNot('Zipline')
	await ama.press(ama.$('.toast').getByRole('button', { name: 'Undo' }))
	for (const person of screens) await person.sees('Zipline')
	await terminal.sees('Zipline')

	// Nobody changes what is not theirs.
	same(await kofi.card('Zipline').getByRole('button', { name: 'Edit' }).count(), 0, 'no button to edit another’s post')
	for (const person of screens) {
		await person.seesSaved()
		person.isCalm()
	}
})

test('hold, approve, reject with a reason that the author alone sees, mend', async (bag) => {
	const { teacher, ama, kofi } = await classWithAll(bag, { hold: true })
	const good = about('Khan Academy')
	const poor = about('IKEA')
	await ama.post(good)
	await ama.card('Khan Academy').getByText('Waiting for approval').waitFor()
	await ama.post(poor)
	await ama.card('IKEA').getByText('Waiting for approval').waitFor()
	await teacher.sees('Khan Academy')
	await teacher.press(teacher.$('[data-filter=waiting]'))
	await teacher.press(teacher.card('Khan Academy').getByRole('button', { name: 'Approve' }))
	await kofi.sees('Khan Academy')
	await kofi.seesNot('IKEA')
	check(!kofi.frames.join().includes(poor.offer), 'what is held never reaches another’s phone')

	const reason = 'Which renters? Be narrower. ✍️'
	await teacher.press(teacher.card('IKEA').getByRole('button', { name: 'Reject' }))
	await teacher.page.getByLabel('Why not?').fill(reason)
	await teacher.press(teacher.button('Reject it'))
	await ama.card('IKEA').getByText(reason).waitFor()
	await ama.press(ama.card('IKEA').getByRole('button', { name: 'Mend' }))
	await ama.$('form.editor textarea').first().fill('students who rent a room for one term')
	await ama.press(ama.button('Save'))
	await ama.card('for one term').getByText('Waiting for approval').waitFor()
	await teacher.sees('for one term')
	await teacher.press(teacher.card('for one term').getByRole('button', { name: 'Approve' }))
	await kofi.sees('for one term')
	const heard = kofi.frames.join()
	check(!heard.includes('Which renters'), 'the reason reaches nobody else')
	check(!heard.includes(poor.for), 'nor do the words that were rejected')

	// A shown post that is edited stays up until the new words are approved.
	await ama.press(ama.card('Khan Academy').getByRole('button', { name: 'Edit' }))
	await ama.$('form.editor textarea').first().fill('night-school pupils')
	await ama.press(ama.button('Save'))
	await ama.card('night-school pupils').getByText('Your change waits for approval').waitFor()
	await teacher.card('night-school pupils').waitFor()
	check(!kofi.frames.join().includes('night-school'), 'a change that waits reaches nobody else')
	await kofi.sees(good.for)
	await teacher.press(teacher.card('night-school pupils').getByRole('button', { name: 'Approve' }))
	await kofi.sees('night-school pupils')
	for (const person of [teacher, ama, kofi]) person.isCalm()
})

test('the instructor hides, shows, moves, deletes and restores', async (bag) => {
	const { teacher, ama, kofi } = await classWithAll(bag, { sections: ['Health', 'Food'] })
	await ama.post(about('अमूल'), { section: 'Health' })
	await kofi.post(about('Aramex أرامكس'), { section: 'Food' })
	const text = about('अमूल').offer
	const more = async () => teacher.press(teacher.card(text).getByRole('button', { name: 'More' }))
	await teacher.sees(text)
	await more()
	await teacher.press(teacher.card(text).getByRole('button', { name: 'Hide' }))
	await kofi.seesNot(text)
	await ama.card(text).getByText('Hidden from the class').waitFor()
	await teacher.card(text).getByText('Hidden from the class').waitFor()
	await teacher.press(teacher.card(text).getByRole('button', { name: 'Show' }))
	await kofi.sees(text)
	if (!(await teacher.card(text).getByRole('button', { name: 'Move to…' }).isVisible())) await more()
	await teacher.press(teacher.card(text).getByRole('button', { name: 'Move to…' }))
	await teacher.press(teacher.card(text).getByRole('button', { name: 'Food' }))
	await kofi.$('section.col', { hasText: 'Food' }).locator('article', { hasText: text }).waitFor()
	await more()
	await teacher.press(teacher.card(text).getByRole('button', { name: 'Delete' }))
	await kofi.seesNot(text)
	await teacher.press(teacher.$('[data-filter=deleted]'))
	await teacher.press(teacher.card(text).getByRole('button', { name: 'Restore' }))
	await kofi.sees(text)
	for (const person of [teacher, ama, kofi]) person.isCalm()
})

test('pens down keeps half-written and refused words with their author', async (bag) => {
	const { teacher, ama, kofi } = await classWithAll(bag)
	await ama.write(about('BART'))
	await teacher.press(teacher.button('Pens down'))
	await ama.page.getByText('Pens down.').first().waitFor()
	check(await ama.$('[data-composer] button[type=submit]').isDisabled(), 'nothing is posted while pens are down')
	await kofi.$('[data-strip=frozen]').waitFor()
	await teacher.post({ for: 'everybody in the room', offer: 'one more example' })
	await kofi.sees('one more example')
	await teacher.press(teacher.button('Pens up'))
	await until('it can be posted again', () => ama.$('[data-composer] button[type=submit]').isEnabled())
	await ama.sendIt()
	await kofi.sees('electric trains')

	// What was posted without a connection, and arrives when pens are down, stays with its author.
	await ama.context.setOffline(true)
	await ama.seesOffline()
	await ama.post(about('Duolingo'))
	await ama.seesOffline(/1 change is kept here/)
	await teacher.press(teacher.button('Pens down'))
	await kofi.$('[data-strip=frozen]').waitFor()
	await ama.context.setOffline(false)
	await ama.$('[data-refused=frozen]').waitFor()
	await ama.sees('Duolingo')
	await teacher.press(teacher.button('Pens up'))
	await ama.press(ama.$('[data-strip=offer]').getByRole('button', { name: 'Post now' }))
	await kofi.sees('Duolingo')
	same((await kofi.cards()).filter((card) => card.text.includes('Duolingo')).length, 1, 'once')
})

test('hidden names are absent from every byte that a phone receives', async (bag) => {
	const { server, code, teacher, ama, kofi } = await classWithAll(bag, { names: 'hidden' })
	await ama.page.getByText('Names are hidden from the class').first().waitFor()
	await ama.post(about('Wikipedia'))
	await kofi.sees('Wikipedia')
	await teacher.card('Wikipedia').getByText('Ama O.').waitFor()
	const me = JSON.parse(ama.frames.find((frame) => frame.includes('"welcome"'))).me
	const late = await (await Person.come(bag, PHONE)).join(server, code, 'Late')
	await late.sees('Wikipedia')
	await ama.press(ama.card('Wikipedia').getByRole('button', { name: 'Edit' }))
	await ama.$('form.editor textarea').first().fill('families at dinner')
	await ama.press(ama.button('Save'))
	await late.sees('families at dinner')
	for (const person of [kofi, late]) {
		const walls = person.frames.filter((frame) => !/"doc":"class"/.test(frame))
		check(walls.some((frame) => frame.includes('families at dinner')), 'the wall came over these frames')
		check(!walls.join().includes(me), 'no frame of the wall names the author')
		check(!walls.join().includes('Ama'), 'nor does any hold the name')
		await person.card('families at dinner').getByText('Name hidden').waitFor()
	}
	// Names shown from now on do not undo the promise given before.
	await teacher.press(teacher.button('Settings'))
	await teacher.page.getByLabel('Shown with the posts').check()
	await ama.page.getByText('Names are shown with the posts').first().waitFor()
	await kofi.post(about('Kiva'))
	await late.card('Kiva').getByText('Kofi').waitFor()
	await late.page.reload()
	await late.card('families at dinner').getByText('Name hidden').waitFor()
	check(!late.frames.filter((frame) => !/"doc":"class"/.test(frame)).join().includes(me), 'nor after a reload')
})

test('the whole material stands on the wall as it was written', async (bag) => {
	const server = await Server.start(bag, { args: ['--limit', 'posts_burst=1000', '--limit', 'commands_burst=1000'] })
	const code = await server.newClass({ sections: ['Everything'] })
	const home = bag.folder()
	const place = `${code}@localhost:${server.port}`
	same((await command(home, ['join', place, '--name', 'Script'])).code, 0, 'join')
	const lines = statements.map(({ lang, ...words }) => JSON.stringify(words)).join('\n')
	const posted = await command(home, ['post', place, '--json', '-'], `${lines}\n`)
	same(posted.code, 0, `post (${posted.stderr.slice(0, 300)})`)
	same(posted.stdout.trim().split('\n').filter((line) => JSON.parse(line).state === 'shown').length, statements.length, 'each was saved and shown')
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	await until('every card is there', async () => (await ama.cards()).length === statements.length)
	const parts = await ama.page.$$eval('article[data-post]', (all) => all.map((card) => ['for', 'who', 'offer', 'helps'].map((part) => card.querySelector(`bdi.${part}`)?.textContent ?? '')))
	const bare = (text) => text.replace(/[\s.,;:،؛。]+$/u, '')
	same(parts.map((card) => card.map(bare)), statements.map((s) => ['for', 'who', 'offer', 'helps'].map((part) => bare(s[part].normalize('NFC')))), 'word for word (in the composed form that the server gives everything)')
	// In the terminal, too, in a window long enough for all of it. tmux itself cuts families short, so faces are left aside.
	const terminal = await Terminal.open(bag, { home, args: [place], columns: 80, rows: 1200 })
	await terminal.sees('dry')
	await terminal.shows(statements.flatMap((s) => ['for', 'who', 'offer', 'helps'].map((part) => bare(s[part].normalize('NFC')))))
	const width = await ama.page.evaluate(() => document.documentElement.scrollWidth)
	check(width <= 390, 'nothing makes the phone scroll sideways', width)
	ama.isCalm()
})
