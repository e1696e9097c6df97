/* What happens to words when server, line, page or terminal go away in the middle. */
import { createRequire } from 'node:module'
import { check, same, test, until } from './lib/harness.mjs'
import { LAPTOP, Person, PHONE } from './lib/people.mjs'
import { Server } from './lib/server.mjs'
import { begin, command, Terminal } from './lib/terminal.mjs'

const statements = createRequire(import.meta.url)('../material/statements.json')
const about = (venture) => statements.find((s) => s.venture === venture)
/** The browser itself complains in the console about every connection that fails. */
const LOST_LINE = /WebSocket connection|Failed to load resource|net::ERR/

test('kill -9 under load: phones and terminal say so, keep, resume; whatever was saved is there once', async (bag) => {
	const server = await Server.start(bag, { args: ['--limit', 'posts_burst=1000', '--limit', 'posts_per_min=6000', '--limit', 'posts_per_member=5000'] })
	const code = await server.newClass({ sections: [] })
	const teacher = await (await Person.come(bag)).teach(server, code)
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	const kofi = await (await Person.come(bag, PHONE)).join(server, code, 'Kofi')
	const place = `${code}@localhost:${server.port}`
	const terminal = await Terminal.open(bag, { args: [place, '--name', 'Tess'] })
	await terminal.sees('All saved')

	// Load: a script that posts on and on, each line answered only once it is durable.
	const home = bag.folder()
	same((await command(home, ['join', place, '--name', 'Script'])).code, 0, 'join')
	const load = begin(home, ['post', place, '--json', '-', '--wait', '60'])
	let lines = 0
	const pace = setInterval(() => load.stdin.write(`${JSON.stringify({ for: `readers of line ${++lines}.`, offer: 'a line' })}\n`), 80)
	bag.keep(pace, clearInterval)
	await ama.post(about('Zipline'))
	await kofi.post(about('Kiva'))
	await until('posts are coming in', () => load.said.stdout.split('\n').length > 20)

	// Posts that went out and were never answered, because the server dies first.
	await ama.write(about('Duolingo'))
	await kofi.write(about('Wikipedia'))
	server.freeze()
	await Promise.all([ama.sendIt(), kofi.sendIt()])
	await ama.card('Duolingo').getByText('Sending').waitFor()
	await kofi.card('Wikipedia').getByText('Sending').waitFor()
	await server.kill('SIGKILL')
	const savedThen = await Promise.all([ama, kofi, teacher].map((person) => person.page.$$eval('article[data-post]:not([data-sending])', (all) => all.map((card) => card.dataset.post))))
	for (const person of [ama, kofi, teacher]) await person.seesOffline()
	await terminal.sees('Not connected')

	// And posts made while it is away.
	await ama.post(about('Patagonia'))
	await kofi.post(about('Emmaüs'))
	await ama.seesOffline(/[12] changes? (is|are) kept here/)
	await ama.card('Patagonia').getByText('Kept here').waitFor()
	await terminal.keys('n')
	await terminal.type('night owls')
	await terminal.keys('C-s')
	await terminal.sees('Not connected. 1 change is kept here')
	await terminal.sees('night owls')

	await server.start()
	clearInterval(pace)
	load.stdin.end()
	const { code: exit, stdout, stderr } = await load.ended
	same(exit, 0, `the script was answered in the end (${stderr}${stdout.slice(-300)})`)
	for (const person of [ama, kofi, teacher]) {
		await person.seesSaved()
		for (const words of ['Zipline', 'Kiva', 'Duolingo', 'Wikipedia', 'Patagonia', 'Emmaüs', 'night owls']) await person.sees(words)
		check(!(await person.$('[data-strip=offline]').isVisible()), 'the strip is gone')
	}
	await terminal.sees('All saved')

	// Once each, nothing lost: on every screen, and asked anew.
	const answered = stdout.trim().split('\n').map((line) => JSON.parse(line).id)
	same(new Set(answered).size, lines, 'every line of the script was saved')
	const listed = JSON.parse(`[${(await command(home, ['ls', place, '--json'])).stdout.trim().split('\n').join()}]`)
	same(listed.length, lines + 7, 'as many posts as were made')
	const texts = new Set(listed.map((post) => [post.for, post.offer, post.venture].join('|')))
	same(texts.size, lines + 7, 'and no two alike')
	const ids = new Set(listed.map((post) => post.id))
	for (const id of [...answered, ...savedThen.flat()]) check(ids.has(id), 'whatever was shown as saved is there', id)
	for (const person of [ama, kofi, teacher]) {
		await until('every screen has the whole wall', async () => (await person.cards()).length === lines + 7)
		same(new Set((await person.cards()).map((card) => card.id)).size, lines + 7, 'no card twice')
		person.isCalm({ except: LOST_LINE })
	}
})

test('a server that is told to stop says so, and everybody comes back by themselves', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	await ama.post(about('Wave'))
	await ama.seesSaved()
	await server.kill('SIGTERM')
	await ama.seesOffline()
	await server.start()
	await ama.seesSaved()
	await ama.sees('Wave')
	ama.isCalm({ except: LOST_LINE })
})

test('a half-written statement survives reload, closing the tab and a lost line', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass({ sections: ['Health', 'Food'] })
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	const lin = await (await Person.come(bag, LAPTOP)).join(server, code, 'Lin')
	const half = { for: about('GLS Bank').for, who: about('GLS Bank').who }
	for (const person of [ama, lin]) {
		await person.openComposer()
		await person.$('#part-for').fill(half.for)
		if (person.isPhone) await person.press(person.$('.steps button').nth(1))
		await person.$('#part-who').pressSequentially(half.who)
	}
	await ama.page.reload()
	await lin.page.close()
	await lin.openTab()
	await lin.page.goto(server.link(code))
	for (const person of [ama, lin]) {
		await person.isIn()
		await person.openComposer()
		const written = await person.$('[data-composer] .sentence').textContent()
		check(written.includes(half.for) && written.includes(half.who), 'the words are there again', written)
	}

	// Finished while the line is down; the tab is closed before it is back.
	await lin.context.setOffline(true)
	await lin.seesOffline()
	await lin.$('#part-offer').fill('accounts whose loans are published')
	await lin.press(lin.$('[data-composer] label.pill', { hasText: 'Food' }))
	await lin.sendIt()
	await lin.seesOffline(/1 change is kept here/)
	await lin.page.close()
	await lin.context.setOffline(false)
	await lin.openTab()
	await lin.page.goto(server.link(code))
	await ama.sees('accounts whose loans are published')
	await lin.seesSaved()
	same((await ama.cards()).length, 1, 'once')
})

test('reload in the middle of sending: saved once', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	const kofi = await (await Person.come(bag, PHONE)).join(server, code, 'Kofi')
	for (const venture of ['BlaBlaCar', 'Doctolib', 'DKMS']) {
		await ama.write(about(venture))
		await Promise.all([
			ama.page.waitForEvent('load'),
			ama.page.evaluate(() => {
				document.querySelector('[data-composer] button[type=submit]').click()
				location.reload()
			}),
		])
		await ama.isIn()
		await kofi.sees(venture)
		await ama.sees(venture)
	}
	await ama.seesSaved()
	same((await kofi.cards()).length, 3, 'three posts')
})

test('offline and back: the strip counts what is kept and clears itself', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const ama = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	const kofi = await (await Person.come(bag, PHONE)).join(server, code, 'Kofi')
	await ama.post(about('ONCE'))
	await kofi.sees('ONCE')
	await ama.context.setOffline(true)
	await ama.seesOffline()
	await ama.post(about('Nubank'))
	await ama.seesOffline(/1 change is kept here/)
	await ama.press(ama.card('ONCE').getByRole('button', { name: 'Edit' }))
	await ama.$('form.editor textarea').first().fill('personas ciegas')
	await ama.press(ama.button('Save'))
	await ama.seesOffline(/2 changes are kept here/)
	await kofi.post(about('Embrapa'))
	await ama.context.setOffline(false)
	await kofi.sees('Nubank')
	await kofi.sees('personas ciegas')
	await ama.sees('Embrapa')
	await ama.seesSaved()
	check(!(await ama.$('[data-strip=offline]').isVisible()), 'the strip is gone')
})

test('the link for another device brings the same person', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass()
	const phone = await (await Person.come(bag, PHONE)).join(server, code, 'Ama')
	await phone.post(about('Swapfiets'))
	await phone.seesSaved()
	const secret = await phone.page.evaluate((code) => JSON.parse(localStorage.getItem(`forwhom.me.${code}`)).secret, code)
	await phone.press(phone.button('Menu'))
	await phone.press(phone.button('Use another device'))
	await phone.$('[data-panel=device]').waitFor()
	const laptop = await Person.come(bag, LAPTOP)
	laptop.origin = server.origin
	await laptop.page.goto(`${server.link(code)}/as/${secret}`)
	await laptop.isIn()
	check(!laptop.page.url().includes(secret), 'the secret is gone from the address')
	await laptop.card('Swapfiets').getByText('You').waitFor()
	await laptop.press(laptop.card('Swapfiets').getByRole('button', { name: 'Edit' }))
	await laptop.$('form.editor textarea').first().fill('students with a flat tyre')
	await laptop.press(laptop.button('Save'))
	await phone.sees('students with a flat tyre')
	// Two tabs of one person: what one keeps the other does not send twice.
	const first = laptop.page
	await laptop.openTab()
	await laptop.page.goto(server.link(code))
	await laptop.isIn()
	await laptop.post(about('InPost'))
	await phone.sees('InPost')
	await first.close()
	same((await phone.cards()).length, 2, 'two posts')
})

test('the terminal edits, deletes, approves; small and large windows; not connected; kill -9 keeps half-written words', async (bag) => {
	const server = await Server.start(bag)
	const code = await server.newClass({ title: 'Terminal class', sections: ['Health', 'Food'] })
	const place = `${code}@localhost:${server.port}`
	const kofi = await (await Person.come(bag, PHONE)).join(server, code, 'Kofi')

	// An instructor in the terminal, signed in by a link of their own.
	const staffHome = bag.folder()
	const signedIn = await command(staffHome, ['login', server.origin, '--name', server.instructor], 'a few words in a row\n')
	same(signedIn.code, 0, `sign-in (${signedIn.stderr})`)
	const staff = await Terminal.open(bag, { home: staffHome, args: [place] })
	await staff.sees('Terminal class')
	same((await command(staffHome, ['set', place, 'hold=on'])).code, 0, 'hold')

	const terminal = await Terminal.open(bag, { args: [place, '--name', 'Tess'] })
	await terminal.sees('Terminal class')
	await terminal.keys('n')
	for (const part of ['bakers', 'throw good bread away']) {
		await terminal.type(part)
		await terminal.keys('Enter')
	}
	await terminal.keys('C-s')
	await terminal.sees('Waiting for approval')
	await staff.sees('bakers')
	await kofi.seesNot('bakers')
	await staff.keys('g')
	await staff.keys('a')
	await kofi.sees('bakers')
	await terminal.seesNot('Waiting for approval')

	await staff.keys('F')
	await terminal.sees('Pens down')
	await kofi.$('[data-strip=frozen]').waitFor()
	await staff.keys('F')
	await terminal.seesNot(/Pens down\./)
	same((await command(staffHome, ['set', place, 'hold=off'])).code, 0, 'hold no more')

	await terminal.keys('g')
	await terminal.keys('e')
	await terminal.sees('Edit')
	await terminal.type(' and cafés')
	await terminal.keys('C-s')
	await kofi.sees('bakers and cafés')

	await terminal.resize(40, 12)
	await until('it fits the small window', async () => (await terminal.screen()).split('\n').every((line) => line.length <= 40))
	await terminal.sees('bakers')
	await terminal.resize(150, 40)
	await terminal.sees('Health')
	await terminal.sees('Food')
	await terminal.resize(80, 24)
	await terminal.sees('bakers and cafés')

	await terminal.keys('g')
	await terminal.keys('d')
	await kofi.seesNot('bakers')
	await terminal.keys('u')
	await kofi.sees('bakers')

	// kill -9 with words half written.
	await terminal.keys('n')
	await terminal.type('people who type slowly')
	await until('the draft is on disk', () => terminal.reads('.draft').includes('people who type slowly'))
	await terminal.kill()
	await terminal.again([place])
	await terminal.sees('Terminal class')
	await terminal.keys('n')
	await terminal.sees('people who type slowly')
	await terminal.keys('Escape')

	// Posted without a server, killed, started again without a server: sent when there is one.
	await server.kill()
	await terminal.sees('Not connected')
	await terminal.keys('n')
	await terminal.keys('C-s')
	await terminal.sees('1 change is kept here')
	await terminal.kill()
	await server.start()
	await terminal.again([place])
	await terminal.sees('All saved')
	await kofi.sees('people who type slowly')
	same((await kofi.cards()).length, 2, 'two posts, each once')
})
