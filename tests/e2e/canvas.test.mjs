/* Canvases as teams use them: laptop, phone and terminal in the same words at once. */
import { findings } from './lib/axe.mjs'
import { dragByFinger, dragByMouse, field, tabTo, tap } from './lib/hands.mjs'
import { check, same, test, until } from './lib/harness.mjs'
import { Line } from './lib/line.mjs'
import { LAPTOP, Person, PHONE } from './lib/people.mjs'
import { Studio } from './lib/studio.mjs'
import { command } from './lib/terminal.mjs'

/** The browser itself complains in the console about every connection that fails. */
const LOST_LINE = /WebSocket connection|Failed to load resource|net::ERR/

/** Somebody who types on and on in letters that nobody else has, so that each of them can be told from all others. */
class Typist {
	written = ''

	constructor(letters, press) {
		this.letters = [...letters]
		this.press = press
	}

	/** Types so many letters. `meanwhile`: what happens before the letter of that number, in the middle of a word. */
	async type(count, meanwhile = {}) {
		for (let i = 0; i < count; i++) {
			await meanwhile[i]?.()
			// A fixed disorder: a letter lost, doubled or out of its place shows.
			const letter = this.letters[(this.written.length * 7 + ((this.written.length / 5) | 0)) % this.letters.length]
			this.written += letter
			await this.press(letter)
		}
	}

	/** Those of its letters that are in a text, in their order there. */
	in(text) {
		return [...text].filter((letter) => this.letters.includes(letter)).join('')
	}
}

const LATIN = 'abcdefghijklmnopqrstuvwxyz'
const GREEK = 'αβγδεζηθικλμνξοπρστυφχψω'
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

test('laptop, phone and terminal type in one note through cut lines and a killed server: every letter is there once', async (bag) => {
	const studio = await Studio.open(bag)
	const [amasLine, tesssLine] = [await Line.to(bag, studio.server), await Line.to(bag, studio.server)]
	const [note] = await studio.notes('Ada', [{ box: 'propositions', text: '0123456789' }])
	const ama = await studio.student('Ama', 'Ada', { over: amasLine })
	const jun = await studio.student('Jun', 'Ada', { device: PHONE })
	const tess = await studio.terminal('Tess', 'Ada', { over: tesssLine })
	await ama.openNote('0123456789')
	await jun.openNote('0123456789')
	await jun.page.keyboard.press('Control+Home')
	await tess.openNote('0123456789')

	/** A letter is on one's own screen when its key has been pressed, whatever the line does. */
	const atOnce = (person) => async (letter) => {
		const before = typists.get(person).in(await person.written())
		await person.page.keyboard.type(letter)
		const after = typists.get(person).in(await person.written())
		check(after === before + letter, `${person.name}'s own letter shows at once`, `${before} + ${letter} → ${after}`)
	}
	const typists = new Map([
		[ama, new Typist(LATIN, (letter) => atOnce(ama)(letter))],
		[jun, new Typist(GREEK, (letter) => atOnce(jun)(letter))],
		[tess, new Typist(CAPITALS, (letter) => tess.type(letter))],
	])
	const [a, j, t] = typists.values()
	/** At a pause all screens and the server have the same words, and in them each one's letters once and in order. */
	const pause = async (when) => {
		const wanted = 10 + a.written.length + j.written.length + t.written.length
		await tess.sees('All saved')
		await until(`${when}, the server has ${wanted} letters`, async () => {
			const [text] = (await studio.canvas('Ada')).boxes.propositions
			check([...text].length >= wanted, 'so far', text)
			return true
		})
		const [text] = (await studio.agrees('Ada', [ama, jun])).propositions
		for (const typist of typists.values()) same(typist.in(text), typist.written, `${when}: every letter once, in order`)
		same([...text].length, wanted, `${when}: and no other`)
		await tess.showsAll(text)
		return text
	}

	await Promise.all([a.type(14), j.type(14), t.type(14)])
	await pause('all together')

	/** A letter is logged, and the answer that says so is lost with the line: sent again, it must not be there twice. */
	const losesAnAnswer = (typist, line, isSaved, isOffline) => ({
		3: async () => {
			await isSaved()
			line.deafen()
		},
		5: async () => {
			await until('the server has a letter that it could not answer', async () => typist.in((await studio.canvas('Ada')).boxes.propositions[0]).length > typist.written.length - 2)
			line.cut()
		},
		8: isOffline,
		12: () => line.mend(),
	})
	await Promise.all([a.type(16, losesAnAnswer(a, amasLine, () => ama.seesSaved(), () => ama.seesOffline())), j.type(10), t.type(10)])
	await pause('after the laptop’s line was cut')

	await Promise.all([a.type(10), j.type(16, { 4: () => jun.context.setOffline(true), 8: () => jun.seesOffline(), 12: () => jun.context.setOffline(false) }), t.type(10)])
	await pause('after the phone was without a network')

	await Promise.all([a.type(10), j.type(10), t.type(16, losesAnAnswer(t, tesssLine, () => tess.sees('All saved'), () => tess.sees('Not connected')))])
	await pause('after the terminal’s line was cut')

	// kill -9 with letters of all three on their way.
	await Promise.all([a.type(16, { 6: () => studio.server.kill('SIGKILL'), 8: () => ama.seesOffline(), 12: () => studio.server.start() }), j.type(16), t.type(16)])
	const text = await pause('after kill -9')

	// Undo takes back one's own letters and touches nobody else's.
	await ama.page.keyboard.press('Control+z')
	await until('some of Ama’s letters are gone', async () => a.in(await jun.written()).length < a.written.length)
	for (const typist of [j, t]) same(typist.in(await jun.written()), typist.written, 'the letters of others stay')
	await ama.page.keyboard.press('Control+Shift+z')
	await until('redo brings them back', async () => (await jun.written()) === text)
	await studio.agrees('Ada', [ama, jun])

	for (const person of [ama, jun]) {
		await person.page.reload()
		await person.$(`[data-note="${note}"]`).waitFor({ state: 'attached' })
	}
	same((await studio.agrees('Ada', [ama, jun])).propositions, [text], 'the same after a reload')
	for (const person of [ama, jun]) person.isCalm({ except: LOST_LINE })
})

test('words written without a connection are kept over a reload, and arrive', async (bag) => {
	const studio = await Studio.open(bag)
	const line = await Line.to(bag, studio.server)
	await studio.notes('Ada', [{ box: 'segments', text: 'Pharmacies' }])
	const ama = await studio.student('Ama', 'Ada', { over: line })
	const jun = await studio.student('Jun', 'Ada', { device: PHONE })
	await ama.openNote('Pharmacies')
	await ama.page.keyboard.type(' in small')
	await jun.seesNote('Pharmacies in small', 'segments')
	line.cut({ but: 'pages' })
	await ama.seesOffline()
	await ama.page.keyboard.type(' towns')
	same(await ama.written(), 'Pharmacies in small towns', 'they show at once')
	await ama.closeNote()
	await ama.note('Pharmacies in small towns').locator('[data-own=kept]').waitFor()
	await ama.addNote('channels', 'Radio at noon')
	await ama.note('Radio at noon').locator('[data-own=kept]').waitFor()
	await ama.press('[data-add=costs]')
	await ama.page.keyboard.type('half a tho')
	await ama.page.reload()
	await ama.page.getByText(/2 changes are kept/).first().waitFor()
	await jun.openNote('Pharmacies in small')
	await jun.page.keyboard.type('er places')
	await jun.closeNote()
	line.mend()
	await ama.$('[data-canvas][data-state=ready]').waitFor()
	const boxes = await until('everything has arrived', async () => {
		const { boxes } = await studio.canvas('Ada')
		return boxes.channels.length > 0 && / towns/.test(boxes.segments[0]) && boxes
	})
	same(boxes.channels, ['Radio at noon'], 'the note, once')
	check(['Pharmacies in smaller places towns', 'Pharmacies in small townser places'].includes(boxes.segments[0]), 'the words of both, each once', boxes.segments)
	await studio.agrees('Ada', [ama, jun])
	same(await ama.$('[data-add=costs]').inputValue(), 'half a tho', 'and what was half written')
	for (const person of [ama, jun]) person.isCalm({ except: LOST_LINE })
})

test('input methods, emoji, right-to-left and long pastes go together with others who type', async (bag) => {
	const studio = await Studio.open(bag)
	await studio.notes('Ada', [{ box: 'segments', text: 'shops' }, { box: 'costs', text: 'short' }])
	const ama = await studio.student('Ama', 'Ada')
	const jun = await studio.student('Jun', 'Ada')

	// What is being composed is not disturbed, and what others wrote meanwhile comes in after it.
	await ama.openNote('shops')
	await jun.openNote('shops')
	await jun.page.keyboard.press('Home')
	const session = await ama.context.newCDPSession(ama.page)
	const compose = (text) => session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
	await compose('n')
	await compose('ni')
	await jun.page.keyboard.type('corner ')
	await until('Jun’s letters are at the server', async () => (await studio.canvas('Ada')).boxes.segments[0].startsWith('corner '))
	same(await ama.written(), 'shopsni', 'the composition stands as it was')
	await compose('nihao')
	await session.send('Input.insertText', { text: '你好' })
	await until('both are there', async () => (await ama.written()) === 'corner shops你好')
	// One that is given up leaves nothing, and loses nothing of anybody.
	await compose('zhe')
	await jun.page.keyboard.type('small ')
	await compose('')
	await until('nothing of it is left', async () => (await ama.written()) === 'corner small shops你好')
	await until('with Jun, too', async () => (await jun.written()) === 'corner small shops你好')

	// Outside the basic plane and joined: a family is deleted whole or as its pieces, never in halves of a character.
	const family = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'
	await ama.page.keyboard.insertText(`😀${family}`)
	await jun.page.keyboard.press('Control+Home')
	await jun.page.keyboard.insertText('🏪')
	await until('emoji meet', async () => (await jun.written()) === `🏪corner small shops你好😀${family}`)
	await ama.page.keyboard.press('Backspace')
	await jun.page.keyboard.press('Backspace')
	await until('what is left is whole', async () => {
		const text = await ama.written()
		return text.startsWith('corner small shops你好😀') && text.isWellFormed() && text === (await jun.written())
	})
	await ama.closeNote()
	await jun.closeNote()

	// Right to left, two at once.
	await ama.addNote('segments', 'أصحاب المتاجر')
	await jun.seesNote('أصحاب المتاجر', 'segments')
	await ama.openNote('أصحاب المتاجر')
	await jun.openNote('أصحاب المتاجر')
	await ama.page.keyboard.press('Control+Home')
	await Promise.all([ama.page.keyboard.type('كل '), jun.page.keyboard.type(' الصغيرة')])
	await until('both wrote in it', async () => (await ama.written()) === 'كل أصحاب المتاجر الصغيرة' && (await jun.written()) === (await ama.written()))
	same(await ama.$('[data-editor]').evaluate((field) => getComputedStyle(field).direction), 'rtl', 'it is set from right to left')
	await ama.closeNote()
	await jun.closeNote()

	// Pastes: lines and letters of other systems put right, 4,000 characters taken, too many refused with the words kept.
	await ama.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: ama.origin })
	const paste = async (text) => {
		await ama.page.evaluate((words) => navigator.clipboard.writeText(words), text)
		await ama.page.keyboard.press('Control+v')
	}
	const long = 'four thousand letters. '.repeat(174).slice(0, 4000)
	await ama.openNote('short')
	await jun.openNote('short')
	await paste(long)
	await until('all of the paste is with Jun', async () => (await jun.written()) === `short${long}`)
	await paste(long)
	await ama.toast('Not put in: it is 3,005 characters too long for this note.')
	check((await ama.written()) === `short${long}`, 'what would be too long does not go in')
	await jun.page.keyboard.press('Control+End')
	await jun.page.keyboard.type('!')
	await until('and typing goes on', async () => (await ama.written()) === `short${long}!`)
	await ama.closeNote()
	await jun.closeNote()
	await ama.press('[data-add=revenue]')
	await paste(`one\r\ntwo${long}`)
	same(await ama.$('[data-add=revenue]').inputValue(), `one\ntwo${long}`, 'line ends are put right')
	await paste(long)
	await ama.page.getByText(/3,?007 characters too many/).waitFor()
	await ama.page.keyboard.press('Enter')
	same((await ama.$('[data-add=revenue]').inputValue()).length, 8007, 'too many are refused, and stay in the field')
	await ama.$('[data-add=revenue]').evaluate((field) => field.setSelectionRange(4007, 8007))
	await ama.page.keyboard.press('Delete')
	await ama.page.keyboard.press('Enter')
	await jun.seesNote('two', 'revenue')
	await studio.agrees('Ada', [ama, jun])
	for (const person of [ama, jun]) person.isCalm()
})

test('notes are moved by mouse, by finger, by keys and by taps, and everybody sees them go', async (bag) => {
	const studio = await Studio.open(bag)
	await studio.notes('Ada', ['one', 'two', 'three', 'four'].map((text) => ({ box: 'segments', text })))
	const ama = await studio.student('Ama', 'Ada')
	const jun = await studio.student('Jun', 'Ada', { device: PHONE })
	const box = async (key) => (await studio.agrees('Ada', [ama, jun]))[key]
	const arrives = async (key, wanted, what) => {
		await until(what, async () => JSON.stringify((await jun.sheet())[key]) === JSON.stringify(wanted) && JSON.stringify((await ama.sheet())[key]) === JSON.stringify(wanted)).catch(async (error) => check(false, error.message, await ama.sheet()))
		same(await box(key), wanted, what)
	}

	await dragByMouse(ama, ama.note('three'), ama.note('one'), { drop: false })
	await ama.$('[data-carried="1"]').waitFor()
	await ama.$('li.before', { hasText: 'two' }).or(ama.$('li.before', { hasText: 'one' })).first().waitFor()
	await ama.page.keyboard.press('Escape')
	await ama.$('[data-carried]').waitFor({ state: 'detached' })
	await ama.page.mouse.up()
	same(await box('segments'), ['one', 'two', 'three', 'four'], 'Escape lets go of it')
	await dragByMouse(ama, ama.note('three'), ama.$('[data-box=channels] [data-add]'))
	await arrives('channels', ['three'], 'carried to another box by mouse')
	check((await ama.$('[data-editor]').count()) === 0, 'a drag opens nothing')

	await jun.turnTo('segments')
	await dragByFinger(jun, jun.note('one'), jun.$('[data-page=segments] [data-add]'))
	await arrives('segments', ['two', 'four', 'one'], 'carried to the end by finger')

	await jun.press(jun.note('two'))
	await jun.press(jun.button('Move to…'))
	await jun.press('[data-to=revenue]')
	await arrives('revenue', ['two'], 'by taps')
	await until('the phone turns with it', async () => (await jun.$('[data-page=revenue]').getAttribute('inert')) === null)

	await ama.note('four').focus()
	await ama.page.keyboard.press('m')
	await ama.$('[data-task=move]').waitFor()
	await ama.page.keyboard.press('9')
	await arrives('costs', ['four'], 'by key and number')
	await ama.note('one').focus()
	await ama.page.keyboard.press('Alt+ArrowLeft')
	await until('beside', async () => !(await ama.sheet()).segments.includes('one'))
	await jun.seesNote('one', Object.entries(await ama.sheet()).find(([, notes]) => notes.includes('one'))[0])

	// Several at once.
	await ama.note('two').focus()
	for (const text of ['four', 'three']) await ama.note(text).click({ modifiers: ['Control'] })
	await ama.page.keyboard.press('m')
	await ama.$('[data-task=move]').waitFor()
	await ama.page.keyboard.press('8')
	await until('all three are there', async () => (await jun.sheet()).partners.length === 3)
	await ama.page.keyboard.press('Escape')
	await ama.page.keyboard.press('Control+z')
	await until('one step back', async () => (await jun.sheet()).partners.length === 0)
	const back = await studio.agrees('Ada', [ama, jun])
	same([back.revenue, back.costs, back.channels.includes('three')], [['two'], ['four'], true], 'each where it was')
	for (const person of [ama, jun]) person.isCalm()
})

test('types, tags, several at once, delete, undo, redo and restore', async (bag) => {
	const studio = await Studio.open(bag)
	await studio.notes('Ada', ['one', 'two', 'three'].map((text) => ({ box: 'segments', text })))
	const ama = await studio.student('Ama', 'Ada')
	const jun = await studio.student('Jun', 'Ada', { device: PHONE })
	const typeOf = (person, text) => person.note(text).first().getAttribute('data-type')
	const tagsOf = (person, text) => person.note(text).first().locator('.tag').allTextContents()
	const becomes = (what, read, wanted) => until(what, async () => JSON.stringify(await read()) === JSON.stringify(wanted))

	await ama.note('one').focus()
	await ama.page.keyboard.press('3')
	await becomes('a type by number', () => typeOf(jun, 'one'), '3')
	await ama.press('[data-naming]')
	await ama.page.getByRole('textbox', { name: 'Type 3' }).fill('Owners')
	await ama.page.keyboard.press('Enter')
	await jun.$('[data-legend]', { hasText: 'Owners' }).waitFor()
	await jun.press(jun.note('two'))
	await jun.press(jun.button('Type'))
	await jun.press('[data-task=type] [data-type="3"]')
	await becomes('a type by taps', () => typeOf(ama, 'two'), '3')
	await jun.press(jun.button('Tags'))
	await jun.press(jun.$('[data-task=tags]').getByRole('button', { name: 'core' }))
	await becomes('a tag', () => tagsOf(ama, 'two'), ['core'])

	await ama.page.keyboard.press('Escape')
	await ama.note('one').focus()
	await ama.page.keyboard.press('Control+a')
	await ama.page.keyboard.press('5')
	for (const text of ['one', 'two', 'three']) await becomes('a type for all', () => typeOf(jun, text), '5')
	await ama.page.keyboard.press('Control+z')
	await becomes('back for all at once', async () => [await typeOf(jun, 'one'), await typeOf(jun, 'two'), await typeOf(jun, 'three')], ['3', '3', null])
	await ama.page.keyboard.press('Control+Shift+z')
	await becomes('and again', async () => [await typeOf(jun, 'one'), await typeOf(jun, 'three')], ['5', '5'])
	await ama.page.keyboard.press('Control+z')

	// Jun's step in between is not Ama's to take back.
	await ama.note('two').focus()
	await ama.page.keyboard.press('Escape')
	await ama.note('three').focus()
	await ama.page.keyboard.press('d')
	await until('a copy', async () => (await jun.sheet()).segments.filter((text) => text === 'three').length === 2)
	await jun.addNote('segments', 'four')
	await ama.seesNote('four', 'segments')
	await ama.page.keyboard.press('Control+z')
	await until('the copy is gone', async () => (await jun.sheet()).segments.filter((text) => text === 'three').length === 1)
	await jun.seesNote('four', 'segments')

	await ama.note('one').focus()
	await ama.page.keyboard.press('Shift+ArrowDown')
	await ama.page.keyboard.press('Delete')
	for (const text of ['one', 'two']) await jun.seesNoNote(text)
	await ama.press(ama.$('.toast').getByRole('button', { name: 'Undo' }))
	await until('both are back', async () => (await jun.sheet()).segments.join() === 'one,two,three,four')
	await becomes('as they were', () => tagsOf(jun, 'two'), ['core'])
	await jun.press(jun.note('four'))
	await jun.press(jun.$('[data-bar]').getByRole('button', { name: 'Delete' }))
	await ama.seesNoNote('four')
	await jun.press('[data-undo]')
	await ama.seesNote('four', 'segments')
	await jun.press('[data-redo]')
	await ama.seesNoNote('four')

	// Undo goes on after everything has been closed and opened again.
	await jun.seesSaved()
	await jun.page.reload()
	await jun.$('[data-undo]:not(:disabled)').waitFor()
	await jun.press('[data-undo]')
	await ama.seesNote('four', 'segments')
	await studio.agrees('Ada', [ama, jun])
	for (const person of [ama, jun]) person.isCalm()
})

test('links are made by keys and by drag, listed in the outline, gone and back with their ends', async (bag) => {
	const studio = await Studio.open(bag)
	const [segment, offer] = await studio.notes('Ada', [{ box: 'segments', text: 'pharmacies' }, { box: 'propositions', text: 'never out of stock' }, { box: 'channels', text: 'a sales visit' }])
	const ama = await studio.student('Ama', 'Ada')
	const jun = await studio.student('Jun', 'Ada', { device: PHONE })
	const links = async () => (await studio.canvas('Ada')).links

	await ama.note('pharmacies').focus()
	await ama.page.keyboard.press('l')
	await ama.$('[data-task=link]').waitFor()
	await ama.page.keyboard.press('ArrowLeft')
	for (let i = 0; i < 8 && !(await ama.page.evaluate((id) => document.activeElement.dataset.note === id, offer)); i++) await ama.page.keyboard.press('ArrowLeft')
	await ama.page.keyboard.press('Enter')
	await jun.note('pharmacies').locator('.ties', { hasText: '1' }).waitFor()
	const [tie] = await until('the link is saved', async () => (await links()).length === 1 && links())
	// Which way round it runs is its meaning's to say.
	same([[tie.from, tie.to].sort(), tie.as], [[segment, offer].sort(), 'proposition-segment'], 'between the two, with a meaning')

	await ama.note('sales visit').hover()
	await dragByMouse(ama, ama.note('sales visit').locator('[data-handle]'), ama.note('pharmacies'))
	await until('pulled from note to note', async () => (await links()).length === 2)
	await ama.note('pharmacies').focus()
	await until('its lines are drawn', async () => (await ama.$('svg[data-lines]').getAttribute('data-lines')) === '2')

	// In the outline they stand in words.
	await jun.press(jun.button('Outline'))
	await jun.$('[data-outline]').waitFor()
	const ties = (text) => jun.$('li', { has: jun.page.locator('[data-note]', { hasText: text }) }).last().locator('[data-tie]')
	await until('both links of the segment are listed', async () => (await ties('pharmacies').count()) === 2)
	const listed = (await ties('pharmacies').allTextContents()).join(' ')
	for (const words of ['never out of stock', 'a sales visit']) check(listed.includes(words), 'the other end is named', listed)

	// An end that goes takes its links with it, and brings them back.
	await ama.note('pharmacies').focus()
	await ama.page.keyboard.press('Delete')
	await jun.seesNoNote('pharmacies')
	await until('they are gone with it', async () => (await jun.$('[data-tie]').count()) === 0)
	same(await links(), [], 'for the server, too')
	await ama.press(ama.$('.toast').getByRole('button', { name: 'Undo' }))
	await until('they are back with it', async () => (await ties('pharmacies').count()) === 2)
	same((await links()).map((link) => [link.from, link.to]).filter((ends) => ends.includes(segment) && ends.includes(offer)).length, 1, 'as it was')

	// Cut by taps.
	await jun.press(jun.note('never out of stock'))
	await jun.press(jun.$('[data-bar]').getByRole('button', { name: '1 link' }))
	await jun.press(jun.button('Remove the link to pharmacies'))
	await until('one is left', async () => (await links()).length === 1)
	await until('on every screen', async () => (await ama.note('never out of stock').locator('.ties').count()) === 0)
	for (const person of [ama, jun]) person.isCalm()
})

test('everybody sees who is where, to the letter, in one colour', async (bag) => {
	const studio = await Studio.open(bag)
	await studio.notes('Ada', [{ box: 'segments', text: 'pharmacies in towns' }, { box: 'costs', text: 'rent' }])
	const ama = await studio.student('Ama Owusu', 'Ada')
	const jun = await studio.student('Jun Wei', 'Ada', { device: PHONE })
	const tess = await studio.terminal('Tess', 'Ada')
	await ama.page.getByRole('group', { name: 'On this canvas now' }).getByRole('button', { name: /Jun Wei/ }).waitFor()
	await tess.sees(/here:.*Ama Owusu/)
	await tess.sees(/here:.*Jun Wei/)

	await jun.openNote('pharmacies')
	await ama.$('[data-note][data-who]', { hasText: 'pharmacies' }).waitFor()
	await ama.page.getByRole('button', { name: 'Jun Wei, in Customer Segments. Go there.' }).waitFor()
	await ama.openNote('pharmacies')
	await until('his caret is drawn at the end', () =>
		ama.page.evaluate(() => {
			const caret = document.querySelector('[data-caret]')
			if (!caret?.textContent.includes('Jun')) return false
			const field = document.querySelector('[data-editor]').getBoundingClientRect()
			return caret.getBoundingClientRect().left > field.left + 40
		}),
	)
	await jun.page.keyboard.press('Control+Home')
	await until('and at the beginning, when he goes there', () =>
		ama.page.evaluate(() => Math.abs(document.querySelector('[data-caret]').getBoundingClientRect().left - document.querySelector('[data-editor]').getBoundingClientRect().left) < 4),
	)
	await tess.openNote('pharmacies')
	await until('two carets of others', async () => (await ama.$('[data-caret]').count()) === 2)
	const colours = async (person) => Object.fromEntries(await person.$('[data-caret]').evaluateAll((all) => all.map((caret) => [caret.textContent, caret.dataset.colour])))
	const [mine, his] = [await colours(ama), await until('he sees two, too', async () => (await jun.$('[data-caret]').count()) === 2 && colours(jun))]
	same(mine.Tess, his.Tess, 'Tess has one colour on every screen')

	// Who leaves is not shown any longer.
	await jun.page.close()
	await until('his caret is gone', async () => (await ama.$('[data-caret]').count()) === 1)
	await tess.seesNot(/here:.*Jun Wei/)
	ama.isCalm()
})

test('another team finds nothing, then reads and changes nothing, then finds nothing again', async (bag) => {
	const studio = await Studio.open(bag)
	await studio.notes('Ada', [{ box: 'segments', text: 'a secret of Ada' }])
	const ama = await studio.student('Ama', 'Ada')
	const zoe = await studio.student('Zoe', 'Bo')
	const teacher = await (await Person.come(bag)).teach(studio.server, studio.code)
	await zoe.goToCanvas(studio.canvases.Ada)
	await zoe.page.getByText('This canvas is not open to you, or it is gone.').waitFor()
	check(!zoe.frames.join().includes('secret'), 'not a byte of it comes')
	await zoe.press('[data-places]')
	await zoe.$('[data-panel=places] .shut').waitFor()
	await zoe.page.keyboard.press('Escape')

	await teacher.openCanvas(studio.canvases.Ada)
	await teacher.seesNote('a secret of Ada', 'segments')
	await ama.press('[data-share]')
	await ama.toast('The class can read this canvas now.')
	await zoe.seesNote('a secret of Ada', 'segments')
	await zoe.page.getByText('You can read this canvas. Ada writes it.').waitFor()
	for (const hand of ['[data-add]', '[data-undo]', '[data-handle]', '[data-naming]']) same(await zoe.$(hand).count(), 0, `there is no ${hand}`)
	await zoe.press(zoe.note('a secret of Ada'))
	same(await zoe.$('[data-editor]').count(), 0, 'it does not open')
	await zoe.page.keyboard.press('Delete')
	await zoe.page.keyboard.press('5')
	await ama.openNote('a secret of Ada')
	await ama.page.keyboard.type(' no more')
	await zoe.seesNote('a secret of Ada no more', 'segments')
	await ama.closeNote()
	same((await studio.canvas('Ada')).notes.map((note) => [note.text, note.type]), [['a secret of Ada no more', 0]], 'nothing was changed')
	const home = await studio.script('Zed', 'Bo')
	const refused = await command(home, ['canvas', 'note', 'add', studio.place, studio.canvases.Ada, 'segments', 'mine'])
	same([refused.code, /forbidden/.test(refused.stderr)], [1, true], 'nor by a script')

	await ama.press('[data-share]')
	await zoe.page.getByText('This canvas is not open to you, or it is gone.').waitFor()
	await zoe.seesNoNote('a secret of Ada')
	const heard = zoe.frames.length
	await ama.addNote('segments', 'another one')
	await teacher.seesNote('another one', 'segments')
	check(!zoe.frames.slice(heard).join().includes('another one'), 'nor does any more of it come')
	for (const person of [ama, zoe, teacher]) person.isCalm()
})

test('a shown post becomes four linked notes of its author', async (bag) => {
	const studio = await Studio.open(bag)
	const zoe = await studio.student('Zoe', 'Bo')
	const ama = await studio.student('Ama', 'Ada', { device: PHONE })
	await zoe.page.goto(studio.server.link(studio.code))
	await zoe.$('#post-yours').waitFor()
	await zoe.post({ for: 'pharmacies', who: 'run out of stock', offer: 'a supply service', helps: 'them open every day' })
	await zoe.sees('a supply service')
	const [{ id }] = await studio.lists('ls', studio.place)
	await studio.does('canvas', 'note', 'promote', studio.place, studio.canvases.Ada, id)
	await ama.seesNote('pharmacies', 'segments')
	const { notes, links } = await studio.canvas('Ada')
	same(notes.map((note) => [note.text, note.author]).sort(), ['a supply service', 'pharmacies', 'run out of stock', 'them open every day'].map((text) => [text, 'Zoe']).sort(), 'its parts, by Zoe')
	same(links.length, 3, 'linked')
	for (const note of notes) await ama.seesNote(note.text, note.box)
	await ama.press(ama.button('Outline'))
	await until('with every link at both ends', async () => (await ama.$('[data-tie]').count()) === 6)
	for (const person of [ama, zoe]) person.isCalm()
})

test('a full canvas prints on one landscape page with all of its notes', async (bag) => {
	const studio = await Studio.open(bag)
	const { boxes } = await studio.canvas('Ada')
	await studio.notes('Ada', Object.keys(boxes).flatMap((box) => Array.from({ length: 6 }, (_, i) => ({ box, text: `${box}: ${['a few words', 'somewhat longer, as most people write', 'two\nlines'][i % 3]} (${i})`, type: i }))))
	const ama = await studio.student('Ama', 'Ada')
	const pdf = (await ama.page.pdf({ preferCSSPageSize: true })).toString('latin1')
	const sizes = [...pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g)].map(([, width, height]) => [Number(width), Number(height)])
	same((pdf.match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length, 1, 'one page')
	check(sizes.length > 0 && sizes.every(([width, height]) => width > height), 'across', sizes)

	// What the printer is given: nothing cut off, nothing that only a screen needs.
	await ama.page.emulateMedia({ media: 'print' })
	await ama.page.evaluate(() => dispatchEvent(new Event('beforeprint')))
	const seen = await ama.page.evaluate(() => {
		const page = document.querySelector('[data-grid]').getBoundingClientRect()
		const inside = [...document.querySelectorAll('[data-note]')].filter((note) => {
			const { left, right, top, bottom } = note.getBoundingClientRect()
			const list = note.closest('[data-scroll]').getBoundingClientRect()
			return left >= page.left && right <= page.right && top >= list.top - 1 && bottom <= list.bottom + 1
		})
		const shown = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.getClientRects().length > 0).length
		return { inside: inside.length, fields: shown('[data-add]'), bars: shown('.bar'), size_px: parseFloat(getComputedStyle(document.querySelector('[data-note]')).fontSize) }
	})
	same({ ...seen, size_px: seen.size_px >= 6 }, { inside: 54, fields: 0, bars: 0, size_px: true }, `every note is on it (set at ${seen.size_px} px)`)
	await ama.page.evaluate(() => dispatchEvent(new Event('afterprint')))
	await ama.page.emulateMedia({ media: 'screen' })
	await ama.$('[data-add=segments]').waitFor()
	ama.isCalm()
})

/* ── for everybody ── */

/** Notes in every state, with links, types and tags. */
async function filled(bag) {
	const studio = await Studio.open(bag)
	const ids = await studio.notes('Ada', [
		{ box: 'segments', text: 'Independent pharmacies in towns', type: 1, tags: ['core', 'needs a distinct offer'] },
		{ box: 'segments', text: 'Private hospitals', type: 2 },
		{ box: 'propositions', text: 'Never out of stock: https://example.org/stock', type: 1 },
		{ box: 'channels', text: 'أصحاب المتاجر' },
	])
	await studio.link('Ada', ids[0], ids[2])
	await studio.link('Ada', ids[3], ids[0])
	await studio.does('canvas', 'type', studio.place, studio.canvases.Ada, '1', 'Owners')
	return studio
}

/** Every place and state of a canvas at this device. */
async function visit(bag, device) {
	const studio = await filled(bag)
	const found = []
	const look = async (person, place, options) => found.push(...(await findings(person, place, options)))
	// Where nothing lies over the boxes, every word has to be judged.
	const whole = { veiled: true }
	const ama = await studio.student('Ama', 'Ada', { device })
	const jun = await studio.student('Jun', 'Ada')
	const zoe = await studio.student('Zoe', 'Bo', { device })
	await jun.openNote('Independent pharmacies')
	await ama.$('[data-note][data-who]').waitFor({ state: 'attached' })
	await look(ama, 'boxes', whole)
	if (ama.isPhone) {
		await ama.press('.turn .where')
		await look(ama, 'map of the boxes', whole)
		await ama.press('.map button >> nth=0')
	}
	await ama.press(ama.$('[data-box=segments] [data-title]'))
	await ama.$('#ask-segments').waitFor()
	await look(ama, 'questions of a box')
	await ama.press(ama.$('#ask-segments').getByRole('button', { name: 'Close' }))
	await ama.openNote('Independent pharmacies')
	await ama.$('[data-caret]').waitFor({ state: 'attached' })
	await look(ama, 'a note that is written in')
	for (const [task, name] of Object.entries({ move: 'Move to…', type: 'Type', tags: 'Tags', links: '2 links', link: 'Link' })) {
		await ama.press(ama.$('[data-bar] .acts').getByRole('button', { name, exact: true }))
		await ama.$(`[data-task=${task}]`).waitFor()
		await look(ama, name)
	}
	await ama.press(ama.$('[data-task=link]').getByRole('button', { name: 'Cancel' }))
	if (!ama.isPhone) {
		await ama.press(ama.button('Links'))
		await ama.note('Private hospitals').click({ modifiers: ['Control'] })
		await look(ama, 'several notes chosen, and all links')
		await ama.page.keyboard.press('Escape')
	}
	await ama.press('[data-naming]')
	await ama.$('.names input').first().waitFor()
	await look(ama, 'names of the types')
	await ama.press(ama.button('Done'))
	await ama.press(ama.button('Outline'))
	await ama.$('[data-outline]').waitFor()
	await look(ama, 'outline')
	await ama.press(ama.button('Outline'))
	if (!ama.isPhone) await ama.press(ama.button('Grid'))
	await ama.press('[data-places]')
	await ama.$('[data-panel=places] a').first().waitFor()
	await look(ama, 'places')
	await ama.press(ama.$('[data-panel]').getByRole('button', { name: 'Close' }))

	await zoe.goToCanvas(studio.canvases.Ada)
	await zoe.page.getByText('not open to you').waitFor()
	await look(zoe, 'a canvas that is not open')
	await studio.does('canvas', 'set', studio.place, studio.canvases.Ada, 'see=class')
	await zoe.seesNote('Private hospitals', 'segments')
	await look(zoe, 'a canvas to read', whole)
	await ama.turnTo('segments')
	await ama.press('[data-add=segments]')
	await ama.page.keyboard.insertText('x'.repeat(5001))
	await ama.page.getByText('1 character too many').waitFor()
	await look(ama, 'too much for a note')
	await studio.server.kill()
	await ama.seesOffline()
	await look(ama, 'not connected')
	same(found, [], 'axe finds nothing')
}

test('axe finds nothing on any place of a canvas on a laptop, light or dark', (bag) => visit(bag, LAPTOP))
test('axe finds nothing on any place of a canvas on a phone, light or dark', (bag) => visit(bag, PHONE))

test('a canvas by keyboard alone', async (bag) => {
	const studio = await Studio.open(bag)
	const lin = await (await Person.come(bag)).join(studio.server, studio.code, 'Lin')
	await studio.does('team', 'place', studio.place, 'Lin', 'Ada')
	const jun = await studio.student('Jun', 'Ada')
	const { keyboard } = lin.page
	const press = async (...names) => {
		for (const name of names) await keyboard.press(name)
	}
	const onNote = (text) => until(`the focus is on ${text}`, () => lin.page.evaluate((words) => document.activeElement.dataset.note !== undefined && document.activeElement.textContent.includes(words), text))
	const shows = async (person, box, texts) => JSON.stringify((await person.sheet())[box]) === JSON.stringify(texts)
	/** On both screens: the next key must not come before what it is about. */
	const inBox = (box, ...texts) => until(`${box} has ${texts}`, async () => (await shows(jun, box, texts)) && (await shows(lin, box, texts)))

	await tabTo(lin, /^ ?Places|Places/)
	await press('Enter')
	await lin.$('[data-place]').first().waitFor()
	await tabTo(lin, /Business Model Canvas/)
	await press('Enter')
	await lin.$('[data-canvas][data-state=ready] [data-box]').first().waitFor()

	// Adding: one after another, from the field of a box.
	await tabTo(lin, /Add a note to Customer Segments/)
	await keyboard.type('pharmacies')
	await press('Enter')
	await keyboard.type('two')
	await press('Shift+Enter')
	await keyboard.type('lines')
	await press('Enter')
	await inBox('segments', 'pharmacies', 'two\nlines')
	await press('ArrowUp', 'ArrowUp')
	await onNote('pharmacies')

	// Writing.
	await press('Enter')
	await lin.$('[data-editor]').waitFor()
	await keyboard.type(' in towns')
	await press('Escape')
	await onNote('pharmacies in towns')
	await inBox('segments', 'pharmacies in towns', 'two\nlines')

	// What the box asks.
	await press('q')
	await lin.$('#ask-segments').waitFor()
	await press('q')
	await lin.$('#ask-segments').waitFor({ state: 'detached' })

	// Moving: within the box, to a box by number, and by choosing.
	await press('Alt+ArrowDown')
	await inBox('segments', 'two\nlines', 'pharmacies in towns')
	await onNote('pharmacies')
	await press('m')
	await lin.$('[data-task=move]').waitFor()
	await press('3')
	await inBox('channels', 'pharmacies in towns')
	await onNote('pharmacies')
	await press('m')
	await lin.$('[data-task=move] :focus').waitFor()
	await tabTo(lin, /Revenue Streams/)
	await press('Enter')
	await inBox('revenue', 'pharmacies in towns')
	await press('Control+z', 'Control+z')
	await inBox('segments', 'two\nlines', 'pharmacies in towns')

	// Type, tags, duplicate, several.
	await lin.note('pharmacies').focus()
	await press('4')
	await until('a type', async () => (await jun.note('pharmacies').getAttribute('data-type')) === '4')
	await press('g')
	await lin.$('[data-task=tags] :focus').waitFor()
	await tabTo(lin, /core/)
	await press('Enter', 'Escape')
	await jun.note('pharmacies').locator('.tag', { hasText: 'core' }).waitFor()
	await onNote('pharmacies')
	await press('d')
	await inBox('segments', 'two\nlines', 'pharmacies in towns', 'pharmacies in towns')
	await press('Shift+ArrowDown', 'Delete')
	await inBox('segments', 'two\nlines')
	await tabTo(lin, /^ ? ?Undo/, 'Shift+Tab')
	await press('Enter')
	await inBox('segments', 'two\nlines', 'pharmacies in towns', 'pharmacies in towns')

	// A link, past a box that is empty; its list; and away with it.
	await jun.addNote('propositions', 'never out of stock')
	await lin.note('two').focus()
	await press('l')
	await lin.$('[data-task=link]').waitFor()
	for (let i = 0; i < 4 && !(await focusedNote(lin)).includes('never out'); i++) await press('ArrowLeft')
	await onNote('never out')
	await press('Enter')
	await onNote('two')
	await jun.note('two').locator('.ties', { hasText: '1' }).waitFor()
	await press('.')
	await tabTo(lin, /1 link/)
	await press('Enter')
	await lin.$('[data-task=links]').waitFor()
	await tabTo(lin, /Remove the link to never out of stock/, 'Tab')
	await press('Enter')
	await until('it is gone', async () => (await jun.note('two').locator('.ties').count()) === 0)
	await press('Escape')
	await lin.note('two').focus()
	await press('Control+z')
	await jun.note('two').locator('.ties', { hasText: '1' }).waitFor()

	// The outline is an equal; and every key is listed.
	await press('o')
	await lin.$('[data-outline]').waitFor()
	await lin.note('two').focus()
	await press('ArrowDown')
	await onNote('pharmacies')
	await press('o')
	await lin.$('[data-grid]').waitFor()
	await press('?')
	await lin.$('[data-panel=keys]').waitFor()
	await press('Escape')
	await lin.$('[data-panel=keys]').waitFor({ state: 'detached' })
	await tabTo(lin, /Team only/)
	await press('Enter')
	await lin.$('[data-share]', { hasText: 'Open to the class' }).waitFor()
	await studio.agrees('Ada', [lin, jun])
	for (const person of [lin, jun]) person.isCalm()
})

const focusedNote = (person) => person.page.evaluate(() => (document.activeElement.dataset.note === undefined ? '' : document.activeElement.textContent))

test('a canvas by single taps alone, on a phone', async (bag) => {
	const studio = await Studio.open(bag)
	const ama = await (await Person.come(bag, PHONE)).join(studio.server, studio.code, 'Ama')
	await studio.does('team', 'place', studio.place, 'Ama', 'Ada')
	const jun = await studio.student('Jun', 'Ada')
	const bar = (name) => ama.$('[data-bar] .acts').getByRole('button', { name, exact: true })
	const inBox = (box, ...texts) => until(`${box} has ${texts}`, async () => JSON.stringify((await jun.sheet())[box]) === JSON.stringify(texts))
	const isShown = (box) => until(`the phone shows ${box}`, async () => Math.abs((await ama.$(`[data-page="${box}"]:not([inert])`).boundingBox({ timeout: 1000 }))?.x ?? Infinity) < 2)

	await tap(ama, ama.$('[data-places]'))
	await tap(ama, ama.$('[data-place]', { hasText: 'Business Model Canvas' }))
	await isShown('segments')
	await field(ama, ama.$('[data-add=segments]'), 'pharmacies')
	await tap(ama, ama.$('[data-box=segments]').getByRole('button', { name: 'Add', exact: true }))
	await inBox('segments', 'pharmacies')
	await field(ama, ama.$('[data-add=segments]'), 'hospitals')
	await tap(ama, ama.$('[data-box=segments]').getByRole('button', { name: 'Add', exact: true }))
	await inBox('segments', 'pharmacies', 'hospitals')

	// What the box asks; to another box by the map, and on by a button.
	await tap(ama, ama.$('[data-box=segments] [data-title]'))
	await ama.$('#ask-segments').waitFor()
	await tap(ama, ama.$('#ask-segments').getByRole('button', { name: 'Close' }))
	await tap(ama, ama.$('.turn .where'))
	await tap(ama, ama.$('.map button', { hasText: 'Value Propositions' }))
	await isShown('propositions')
	await field(ama, ama.$('[data-add=propositions]'), 'never out of stock')
	await tap(ama, ama.$('[data-box=propositions]').getByRole('button', { name: 'Add', exact: true }))
	await inBox('propositions', 'never out of stock')
	await tap(ama, ama.button('Box before'))
	await isShown('segments')

	// Writing, and straight from there to what can be done.
	await tap(ama, ama.note('pharmacies'))
	await ama.$('[data-editor]').waitFor()
	await ama.page.keyboard.insertText('!')
	await until('it is written', async () => /!/.test((await jun.sheet()).segments[0]))
	await tap(ama, bar('Move to…'))
	await tap(ama, ama.$('[data-to=revenue]'))
	await until('moved', async () => (await jun.sheet()).revenue.length === 1)
	await isShown('revenue')
	await tap(ama, bar('Type'))
	await tap(ama, ama.$('[data-task=type] [data-type="2"]'))
	await jun.$('[data-box=revenue] [data-note][data-type="2"]').waitFor()
	await tap(ama, bar('Tags'))
	await tap(ama, ama.$('[data-task=tags]').getByRole('button', { name: 'recurring' }))
	await jun.$('[data-box=revenue] .tag', { hasText: 'recurring' }).waitFor()
	await tap(ama, bar('Tags'))

	// A link to a note in another box: its box is turned to meanwhile.
	await tap(ama, bar('Link'))
	await tap(ama, ama.button('Cancel'))
	await tap(ama, bar('Duplicate'))
	await until('two of them', async () => (await jun.sheet()).revenue.length === 2)
	await tap(ama, bar('Link'))
	await tap(ama, ama.$('[data-box=revenue] [data-note]').nth(1))
	await jun.$('[data-box=revenue] .ties').first().waitFor()
	await tap(ama, bar('1 link'))
	await tap(ama, ama.$('[data-task=links]').getByRole('button', { name: /^Remove the link/ }))
	await until('and it is gone', async () => (await jun.$('.ties').count()) === 0)
	await tap(ama, ama.$('.toast').getByRole('button', { name: 'Undo' }))
	await jun.$('[data-box=revenue] .ties').first().waitFor()

	// Several at once, deleted and brought back.
	if (await ama.$('[data-task=links]').count()) await tap(ama, bar('1 link'))
	await tap(ama, bar('Select'))
	await tap(ama, ama.$('[data-box=revenue] [data-note]').nth(1))
	await until('two are chosen', async () => (await ama.$('.note.selected').count()) === 2)
	await tap(ama, bar('Delete'))
	await inBox('revenue')
	await tap(ama, ama.$('.toast').getByRole('button', { name: 'Undo' }))
	await until('both are back, and their link', async () => (await jun.sheet()).revenue.length === 2 && (await jun.$('[data-box=revenue] .ties').count()) === 2)
	await tap(ama, ama.$('[data-undo]'))
	await inBox('revenue')
	await tap(ama, ama.$('[data-redo]'))
	await until('again', async () => (await jun.sheet()).revenue.length === 2)

	await tap(ama, ama.button('Outline'))
	await ama.$('[data-outline]').waitFor()
	const width = await ama.page.evaluate(() => document.documentElement.scrollWidth)
	check(width <= 390, 'nothing makes the phone scroll sideways', width)
	await tap(ama, ama.$('[data-share]'))
	await ama.toast('The class can read this canvas now.')
	for (const person of [ama, jun]) person.isCalm()
})
