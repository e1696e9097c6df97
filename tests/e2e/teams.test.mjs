/* Teams and their canvases, their past, and the files they are taken along in. */
import { readFileSync } from 'node:fs'
import { findings } from './lib/axe.mjs'
import { tabTo } from './lib/hands.mjs'
import { check, same, test, until } from './lib/harness.mjs'
import { LAPTOP, Person, PHONE } from './lib/people.mjs'
import { Studio } from './lib/studio.mjs'
import { command } from './lib/terminal.mjs'

// ── what several tests do ──

const teacherOf = async (bag, studio, device = LAPTOP) => {
	const teacher = await (await Person.come(bag, device)).teach(studio.server, studio.code)
	teacher.name = 'the instructor'
	return teacher
}

/** By the menu to a place of the class or of the canvas one is on. */
async function goTo(person, place) {
	await person.press(person.button('Menu'))
	await person.press(`[data-panel=menu] a[href$="/${place}"]`)
	await person.$({ teams: '[data-teams]', past: '[data-past]', set: '[data-settings] [data-plan]' }[place]).first().waitFor()
}

const teamOf = (person, name) => person.$('[data-team]:not([data-team=""])', { has: person.page.locator('h3', { hasText: name }) })
const teamNames = (person) => person.$('[data-team]:not([data-team=""]) h3 bdi').allTextContents()
/** Waits until a team has these people, in any order. */
const hasPeople = (person, team, ...names) =>
	until(`${person.name}: ${team} is ${names}`, async () => JSON.stringify((await teamOf(person, team).locator('.pill bdi').allTextContents()).sort()) === JSON.stringify([...names].sort()))
const miniOf = (person, team) => person.$('[data-mini]', { hasText: team })
const toastUndo = (person) => person.press(person.$('.toast').getByRole('button', { name: 'Undo' }))
const radio = (person, right, value) => person.$(`[data-settings] input[name=${right}][value=${value}]`)

async function makeTeams(teacher, words) {
	await teacher.$('#new-teams').fill(words)
	await teacher.page.keyboard.press('Enter')
}

/** What somebody does at the command line with a home of their own. */
async function scripted(home, ...words) {
	const { code, stdout, stderr } = await command(home, words)
	check(code === 0, words.join(' '), stderr)
	return stdout.trim()
}

// ── teams ──

test('teams are made by names and by number, people choose or are put in, the rest is dealt out, and every team gets a canvas', async (bag) => {
	const studio = await Studio.open(bag, { template: '', teams: [] })
	const teacher = await teacherOf(bag, studio)
	const ama = await (await Person.come(bag, PHONE)).join(studio.server, studio.code, 'Ama')
	for (const name of ['Kofi', 'Zoë', 'مها', 'Lin']) await studio.script(name)
	await goTo(teacher, 'teams')

	await makeTeams(teacher, 'Red,  Blue,, Deep Green')
	await makeTeams(teacher, '2 teams')
	await until('five teams', async () => (await teamNames(teacher)).length === 5)
	same(await teamNames(teacher), ['Red', 'Blue', 'Deep Green', 'Team 1', 'Team 2'], 'as they were written')

	// A team gets another name, goes, and comes back with whom it had.
	await teacher.press(teamOf(teacher, 'Blue').locator('[data-rename]'))
	await teamOf(teacher, 'Blue').getByRole('textbox').fill('Sky')
	await teacher.page.keyboard.press('Enter')
	await teamOf(teacher, 'Sky').locator('[data-rename]:focus').waitFor()
	const person = (name) => teacher.$('[data-person]', { hasText: name })
	await teacher.press(person('Kofi'))
	await teacher.press(person('Lin'))
	await teacher.press(teamOf(teacher, 'Sky').locator('> .btn'))
	await hasPeople(teacher, 'Sky', 'Kofi', 'Lin')
	await toastUndo(teacher)
	await hasPeople(teacher, 'Sky')
	await teacher.press(person('Kofi'))
	await teacher.press(teamOf(teacher, 'Sky').locator('> .btn'))
	await person('Zoë').dragTo(teamOf(teacher, 'Team 1'))
	await hasPeople(teacher, 'Team 1', 'Zoë')
	await teacher.press(teamOf(teacher, 'Sky').locator('[data-rename]'))
	await teacher.press(teamOf(teacher, 'Sky').locator('.bad'))
	await until('it is gone', async () => !(await teamNames(teacher)).includes('Sky'))
	await toastUndo(teacher)
	await hasPeople(teacher, 'Sky', 'Kofi')

	// Themselves, once they may.
	await ama.press('[data-places]')
	await ama.press('[data-panel=places] a[href$="/teams"]')
	await ama.$('[data-teams]').waitFor()
	await teamOf(ama, 'Red').waitFor()
	same(await ama.$('[data-team] button').count(), 0, 'nothing to choose yet')
	await teacher.$('.tools input[type=checkbox]').check()
	await ama.press(teamOf(ama, 'Sky').getByRole('button'))
	await hasPeople(ama, 'Sky', 'Ama', 'Kofi')
	await ama.press(teamOf(ama, 'Red').getByRole('button'))
	await hasPeople(teacher, 'Red', 'Ama')
	await hasPeople(teacher, 'Sky', 'Kofi')
	await ama.$('.mine h3', { hasText: 'Red' }).waitFor()

	// Who is left goes where the fewest are; nobody is moved.
	await teacher.press('.tools > .btn.quiet')
	await until('everybody has a team', async () => (await teacher.$('[data-team=""]').count()) === 0)
	await hasPeople(teacher, 'Red', 'Ama')
	same((await Promise.all((await teamNames(teacher)).map((name) => teamOf(teacher, name).locator('[data-person]').count()))).sort(), [1, 1, 1, 1, 1], 'evenly')
	await teacher.seesSaved()

	// A canvas for each, from the picker; one's own is offered to those in the team.
	await teacher.press('[data-new-canvas]')
	await teacher.$('[data-template] svg rect').first().waitFor()
	same((await teacher.$('[data-template]').evaluateAll((all) => all.map((one) => one.dataset.template))).sort(), ['bmc', 'customer-model', 'discovery', 'markets', 'personas', 'vpc'], 'what can be chosen')
	await teacher.press('[data-template=vpc]')
	await until('five canvases', async () => (await teacher.$('[data-mini]').count()) === 5)
	await teacher.$('[data-new-canvas][aria-expanded=false]').waitFor()
	await ama.press(ama.$('.mine a.btn'))
	await ama.$('[data-canvas][data-state=ready] [data-box]').first().waitFor()
	await teacher.$('[data-teams]').evaluate((main) => main.scrollIntoView())

	// The small pictures show what happens on the canvases.
	const mini = miniOf(teacher, 'Red')
	await mini.locator('svg rect').first().waitFor()
	same(await mini.locator('svg rect:not(.bar)').count(), 7, 'its boxes')
	same(await mini.locator('.bar').count(), 0, 'empty')
	await mini.locator('.here', { hasText: 'Ama' }).waitFor()
	await ama.addNote('pains', 'queues')
	await ama.addNote('gains', 'home on time')
	await until('two notes in small', async () => (await mini.locator('.bar').count()) === 2)
	await until('and told in words', async () => /2 of 7/.test(await mini.textContent()))
	same(await miniOf(teacher, 'Sky').locator('.bar').count(), 0, 'those of others stay empty')
	await ama.turnTo('pains')
	await ama.note('queues').focus()
	await ama.page.keyboard.press('Delete')
	await until('it goes in small, too', async () => (await mini.locator('.bar').count()) === 1)
	for (const one of [teacher, ama]) one.isCalm()
})

test('what a canvas allows is set in words, and holds at once', async (bag) => {
	const studio = await Studio.open(bag)
	await studio.notes('Ada', [{ box: 'segments', text: 'pharmacies' }])
	const teacher = await teacherOf(bag, studio)
	const zoe = await studio.student('Zoe', 'Bo')
	await zoe.goToCanvas(studio.canvases.Ada)
	await zoe.$('main .message').waitFor()
	await teacher.openCanvas(studio.canvases.Ada)
	await goTo(teacher, 'set')
	for (const right of ['see', 'add', 'change']) {
		same(await teacher.$(`[data-settings] input[name=${right}]`).evaluateAll((all) => all.map((one) => [one.value, one.checked])), [['staff', false], ['team', true], ['class', false]], `who may ${right}`)
		check((await teacher.$(`label:has(input[name=${right}][value=team])`).textContent()).includes('Ada'), 'the team is named')
	}
	await radio(teacher, 'see', 'class').check()
	await zoe.seesNote('pharmacies', 'segments')
	same(await zoe.$('[data-add]').count(), 0, 'to read, not to write')
	await radio(teacher, 'add', 'class').check()
	await zoe.$('[data-add=segments]').waitFor()
	await zoe.addNote('segments', 'hospitals')
	await zoe.note('pharmacies').click()
	await zoe.$('[data-bar]').waitFor()
	same(await zoe.$('[data-editor]').count(), 0, 'what others wrote does not open')
	await zoe.page.keyboard.press('Delete')
	await radio(teacher, 'change', 'class').check()
	await until('it opens now', async () => {
		await zoe.note('pharmacies').click()
		return zoe.$('[data-editor]').isVisible()
	})
	await zoe.page.keyboard.press('Control+End')
	await zoe.page.keyboard.type(' in towns')
	await zoe.closeNote()
	await until('the server has both', async () => (await studio.canvas('Ada')).boxes.segments.join() === 'pharmacies in towns,hospitals')

	await teacher.$('#canvas-title').fill('A model of Ada')
	await teacher.page.keyboard.press('Enter')
	await teacher.$('main h1', { hasText: 'A model of Ada' }).waitFor()
	await zoe.$('main h1', { hasText: 'A model of Ada' }).waitFor()
	for (const right of ['see', 'add', 'change']) await radio(teacher, right, 'staff').check()
	await zoe.$('main .message').waitFor()
	await zoe.seesNoNote('pharmacies')
	for (const person of [teacher, zoe]) person.isCalm()
})

test('an instructor changes the boxes of a canvas and gives it to every team as their own template', async (bag) => {
	const studio = await Studio.open(bag, { template: '' })
	const teacher = await teacherOf(bag, studio)
	const ama = await (await Person.come(bag, PHONE)).join(studio.server, studio.code, 'Ama')
	await studio.does('team', 'place', studio.place, 'Ama', 'Ada')
	await goTo(teacher, 'teams')
	await teacher.press('[data-new-canvas]')
	await teacher.press(teacher.$('label.pill', { has: teacher.page.locator('[value=staff]') }))
	await teacher.press('[data-template=bmc]')
	await teacher.$('[data-plan=segments]').waitFor()
	const canvas = await teacher.$('[data-settings]').getAttribute('data-settings')
	const boxOf = async (key) => {
		const { col, row, w, h } = (await studio.lists('canvas', 'show', studio.place, canvas)).find((one) => one.kind === 'box' && one.id === key)
		return [col, row, w, h]
	}
	const stands = (key, ...place) => until(`${key} stands at ${place}`, async () => JSON.stringify(await boxOf(key)) === JSON.stringify(place))
	const press = (key) => teacher.page.keyboard.press(key)
	const alert = teacher.$('main [role=alert]')

	// By keys on the plan, by numbers in the fields; nothing may lie on another box or off the grid.
	await teacher.press('[data-plan=segments]')
	await press('Shift+ArrowUp')
	await stands('segments', 9, 1, 2, 1)
	await press('Alt+ArrowDown')
	await stands('segments', 9, 2, 2, 1)
	await press('Alt+ArrowDown')
	check((await alert.textContent()).includes('Revenue Streams'), 'what is in the way is named')
	await press('Alt+ArrowRight')
	await until('nor off the grid', async () => !(await alert.textContent()).includes('Revenue'))
	await stands('segments', 9, 2, 2, 1)
	const sizes = teacher.$('.sizes input')
	await sizes.nth(1).fill('1')
	await press('Tab')
	await stands('segments', 9, 1, 2, 1)
	await sizes.nth(0).fill('8')
	await press('Tab')
	await alert.waitFor()
	same(await sizes.nth(0).inputValue(), '9', 'a number that is refused does not stay')

	// A box more, and what boxes ask.
	await teacher.$('#new-box').fill('Team notes')
	await teacher.page.keyboard.press('Enter')
	await stands('team-notes', 9, 2, 2, 1)
	await until('it is the one to be filled in', async () => (await teacher.$('[data-plan=team-notes]').getAttribute('aria-pressed')) === 'true')
	await teacher.$('form.box textarea').first().fill('What surprised us?\n\n  What next?  ')
	await teacher.press('form.box [type=submit]')
	await teacher.$('#new-box').fill('One too many')
	await teacher.page.keyboard.press('Enter')
	await alert.waitFor()
	await teacher.press('[data-plan=partners]')
	await teacher.press('form.box .bad')
	await teacher.$('[data-plan=partners]').waitFor({ state: 'detached' })
	await toastUndo(teacher)
	await teacher.$('[data-plan=partners]').waitFor()
	await teacher.press('[data-plan=activities]')
	await teacher.press('form.box .bad')
	await teacher.$('[data-plan=activities]').waitFor({ state: 'detached' })
	await teacher.$('#canvas-title').fill('Our model')
	await teacher.page.keyboard.press('Enter')
	await teacher.$('main h1', { hasText: 'Our model' }).waitFor()

	await ama.press('[data-places]')
	await ama.$('[data-panel=places] a').first().waitFor()
	same(await ama.$('[data-place]').count(), 0, 'nobody sees what is being prepared')
	check(!ama.frames.join().includes('What surprised us'), 'not a byte of it comes')

	// For each team from its settings, and once more from the picker.
	await teacher.press('[aria-labelledby=use-title] .btn >> nth=0')
	await teacher.$('[data-teams]').waitFor()
	await until('one for each', async () => (await teacher.$('[data-mini]').count()) === 3)
	await ama.press(ama.$('[data-place]'))
	await ama.$('[data-canvas][data-state=ready]').waitFor()
	await until('with the boxes as they were made', async () => {
		const boxes = Object.keys(await ama.sheet())
		return boxes.includes('team-notes') && !boxes.includes('activities') && boxes.includes('partners')
	})
	await ama.turnTo('team-notes')
	await ama.press(ama.$('[data-box=team-notes] [data-title]'))
	await until('and the questions', async () => /What surprised us\?[^]*What next\?/.test(await ama.$('#ask-team-notes').textContent()))
	await teacher.press('[data-new-canvas]')
	await teacher.press(`[data-from="${canvas}"]`)
	await until('and again from the picker', async () => (await teacher.$('[data-mini]').count()) === 5)
	const made = (await studio.lists('canvas', 'ls', studio.place)).filter((one) => one.team === 'Bo')
	same(made.length, 2, 'two for the other team')
	for (const { id } of made) same((await studio.lists('canvas', 'show', studio.place, id)).filter((row) => row.kind === 'box').map((row) => row.id).includes('team-notes'), true, 'with that box')
	for (const person of [teacher, ama]) person.isCalm()
})

// ── the past ──

const pastIsShown = async (person) => {
	await person.$('.stage[aria-busy=false]').waitFor()
	await until('a moment is shown', async () => Number(await person.$('[data-past]').getAttribute('data-shown')) > 0)
}

/** Walks back from the newest moment, by keys on the slider, to the first that is as wanted. */
async function lookBack(person, what, isIt) {
	const slider = person.$('.slide input')
	await pastIsShown(person)
	await slider.focus()
	await person.page.keyboard.press('End')
	for (;;) {
		await person.$('.stage[aria-busy=false]').waitFor()
		if (await isIt()) return
		check((await slider.inputValue()) !== '0', `there was never a moment when ${what}`)
		await person.page.keyboard.press('ArrowLeft')
	}
}

const bringBack = (person) => person.press('.slide [aria-expanded=false]')

test('the past of a canvas: looked at while others write, brought back in part or whole, and what one person did undone', async (bag) => {
	const studio = await Studio.open(bag)
	const canvas = studio.canvases.Ada
	const jun = await studio.script('Jun', 'Ada')
	const note = (home, box, text) => scripted(home, 'canvas', 'note', 'add', studio.place, canvas, box, text)
	const ama = await studio.student('Ama', 'Ada')
	// By turns, so that each is a moment of its own.
	await ama.addNote('segments', 'pharmacies')
	const radioNote = await note(jun, 'channels', 'radio')
	await ama.addNote('segments', 'hospitals')
	await scripted(jun, 'canvas', 'note', 'move', studio.place, canvas, radioNote, 'costs')
	const { notes } = await studio.canvas('Ada')
	await scripted(jun, 'canvas', 'note', 'rm', studio.place, canvas, notes.find(({ text }) => text === 'pharmacies').id)
	await ama.seesNoNote('pharmacies')
	await scripted(jun, 'canvas', 'note', 'edit', studio.place, canvas, radioNote, 'radio at noon')
	await ama.seesNote('radio at noon', 'costs')
	await ama.seesSaved()

	const teacher = await teacherOf(bag, studio)
	await teacher.openCanvas(canvas)
	const now = { segments: 'hospitals', channels: '', costs: 'radio at noon' }
	const shows = async (wanted) => {
		const sheet = await teacher.sheet()
		return Object.entries(wanted).every(([box, texts]) => sheet[box]?.join() === texts)
	}
	const comesTo = (what, wanted) => until(what, async () => (await teacher.$('[data-canvas][data-state=ready]').count()) === 1 && shows(wanted)).catch(async (error) => check(false, error.message, await teacher.sheet()))
	await goTo(teacher, 'past')
	await lookBack(teacher, 'all is as it is', () => shows(now))
	check((await teacher.$('.slide input').getAttribute('aria-valuetext')).includes('Jun'), 'who did the newest')

	// What one person did since the beginning; what others did stays.
	await teacher.$('.slide input').focus()
	await teacher.page.keyboard.press('Home')
	await until('the first moment', async () => (await teacher.$('.slide input').inputValue()) === '0')
	await teacher.$('.stage[aria-busy=false]').waitFor()
	await bringBack(teacher)
	await teacher.press(teacher.$('.ask').getByRole('button', { name: /Jun/ }))
	await comesTo('what Jun did is gone, and what Jun took away is back', { segments: 'pharmacies,hospitals', channels: '', costs: '' })
	await ama.seesNoNote('radio')
	await toastUndo(teacher)
	await comesTo('and back', now)
	await goTo(teacher, 'past')

	// A moment is shown, with what changed in it, and stays while others go on; nothing on it obeys.
	await lookBack(teacher, 'radio stood in the channels, beside two notes', () => shows({ segments: 'pharmacies,hospitals', channels: 'radio', costs: '' }))
	check((await teacher.$('.slide input').getAttribute('aria-valuetext')).includes('Ama'), 'who did it')
	await teacher.$('[data-changed]', { hasText: 'hospitals' }).waitFor()
	same(await teacher.$('[data-note][data-changed]').count(), 1, 'what it changed is marked')
	same(await teacher.$('.banner button').count(), 0, 'nobody has gone on')
	await ama.addNote('revenue', 'a fee')
	await teacher.$('.banner button').waitFor()
	check(await shows({ segments: 'pharmacies,hospitals', revenue: '' }), 'it stays what it was')
	for (const hand of ['[data-add]', '[data-undo]', '[data-handle]', '[data-bar]']) same(await teacher.$(hand).count(), 0, `there is no ${hand}`)
	await teacher.press(teacher.note('pharmacies'))
	for (const key of ['Enter', 'Delete', '5']) await teacher.page.keyboard.press(key)
	same(await teacher.$('[data-editor]').count(), 0, 'it does not open')
	check(await shows({ segments: 'pharmacies,hospitals' }), 'nothing goes')

	// One note.
	await bringBack(teacher)
	await teacher.press(teacher.$('.ask').getByRole('button', { name: /pharmacies/ }))
	await comesTo('only the note is back', { ...now, segments: 'pharmacies,hospitals', revenue: 'a fee' })
	await ama.seesNote('pharmacies', 'segments')
	await toastUndo(teacher)
	await comesTo('and gone again', { ...now, revenue: 'a fee' })

	// One box.
	await goTo(teacher, 'past')
	await lookBack(teacher, 'radio stood in the channels', () => shows({ segments: 'pharmacies,hospitals', channels: 'radio' }))
	await bringBack(teacher)
	await teacher.press(teacher.$('[data-box=channels] [data-title]'))
	await teacher.press(teacher.$('.ask').getByRole('button', { name: /Channels/ }))
	await comesTo('only that box is as it was', { segments: 'hospitals', channels: 'radio', costs: '', revenue: 'a fee' })
	await toastUndo(teacher)
	await comesTo('and as it is', { ...now, revenue: 'a fee' })

	// Everything.
	await goTo(teacher, 'past')
	await lookBack(teacher, 'radio stood in the channels', () => shows({ segments: 'pharmacies,hospitals', channels: 'radio', revenue: '' }))
	await bringBack(teacher)
	await teacher.press('.ask .btn:not(.quiet)')
	await comesTo('all is as it was', { segments: 'pharmacies,hospitals', channels: 'radio', costs: '', revenue: '' })
	await ama.seesNoNote('a fee')
	await toastUndo(teacher)
	await comesTo('and as it is', { ...now, revenue: 'a fee' })

	await studio.agrees('Ada', [ama])

	// Played from the beginning, and stopped; members see it and bring back what they may.
	await goTo(ama, 'past')
	await pastIsShown(ama)
	await ama.$('.slide input').focus()
	await ama.page.keyboard.press('Home')
	await until('the first moment', async () => (await ama.$('.slide input').inputValue()) === '0')
	await ama.press('.slide .play')
	await until('it plays', async () => Number(await ama.$('.slide input').inputValue()) >= 1)
	await ama.press('.slide .play')
	await ama.$('.stage[aria-busy=false]').waitFor()
	await bringBack(ama)
	await ama.$('.ask .btn').first().waitFor()
	same(await ama.$('.ask').getByRole('button', { name: /Jun|Ama/ }).count(), 0, 'what a person did is undone by instructors alone')
	for (const person of [teacher, ama]) person.isCalm()
})

test('the past of a wall: where posts stood is brought back, also for good order undone', async (bag) => {
	const studio = await Studio.open(bag, { template: '', teams: [], sections: ['Health', 'Food'] })
	const ama = await (await Person.come(bag)).join(studio.server, studio.code, 'Ama')
	const jun = await studio.script('Jun')
	await ama.post({ for: 'nurses', offer: 'lockers' }, { section: 'Health' })
	await ama.sees('nurses')
	await ama.closeComposer()
	await scripted(jun, 'post', studio.place, '--for', 'cooks', '--offer', 'knives', '--section', 'Health')
	const [{ id }] = (await studio.lists('ls', studio.place)).filter((post) => post.for === 'nurses')
	await studio.does('move', studio.place, id, '--section', 'Food')
	const teacher = await teacherOf(bag, studio)
	const inSections = (selector) =>
		teacher.$('main [data-section]').evaluateAll((sections, inside) => {
			const posts = (section) => [...section.querySelectorAll(inside)].map((post) => /nurses|cooks|bakers/.exec(post.textContent)?.[0])
			return Object.fromEntries(sections.map((section) => [section.querySelector('h2')?.innerText.replace(/\s*\d+$/, '').trim(), posts(section).sort().join()]))
		}, selector)
	const stand = (what, selector, wanted) =>
		until(what, async () => {
			const found = await inSections(selector)
			return Object.entries(wanted).every(([section, posts]) => found[section] === posts)
		}).catch(async (error) => check(false, error.message, await inSections(selector)))
	const now = { Health: 'cooks', Food: 'nurses' }
	await stand('as it is', '[data-post]', now)
	await goTo(teacher, 'past')
	await pastIsShown(teacher)
	await stand('the newest', '[data-then]', now)
	await teacher.$('[data-then][data-changed]', { hasText: 'nurses' }).waitFor()
	await lookBack(teacher, 'the nurses stood under Health', async () => (await inSections('[data-then]')).Health === 'cooks,nurses')
	await scripted(jun, 'post', studio.place, '--for', 'bakers', '--offer', 'an oven', '--section', 'Food')
	await teacher.$('.banner button').waitFor()
	await stand('it stays what it was', '[data-then]', { Health: 'cooks,nurses', Food: '' })
	await bringBack(teacher)
	await teacher.press('.ask .btn:not(.quiet)')
	await stand('the post is back where it stood, what came since stays', '[data-post]', { Health: 'cooks,nurses', Food: 'bakers' })
	await until('for everybody', async () => (await ama.cards()).find((card) => card.id === id)?.section === (await ama.cards()).find((card) => card.text.includes('cooks'))?.section)
	await toastUndo(teacher)
	await stand('and where it is', '[data-post]', { Health: 'cooks', Food: 'bakers,nurses' })

	await goTo(ama, 'past')
	await pastIsShown(ama)
	await ama.$('[data-then]', { hasText: 'nurses' }).waitFor()
	same(await ama.$('.slide [aria-expanded]').count(), 0, 'members look, and bring back nothing')
	for (const person of [teacher, ama]) person.isCalm()
})

// ── files ──

/** The browser itself complains in the console about every request that is refused. */
const REFUSED_FILE = /status of 400/

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Its width and height in pixels, after a look at its first bytes. */
function pngSize(bytes) {
	same([...bytes.subarray(0, 8)], PNG, 'it begins as a PNG does')
	return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
}

test('a canvas is saved as picture, file, text and table, and comes back from its file the same', async (bag) => {
	const studio = await Studio.open(bag)
	const place = studio.place
	const canvas = studio.canvases.Ada
	const ids = await studio.notes('Ada', [
		{ box: 'segments', text: 'pharmacies, "small"\nin <towns> & 🏪', type: 2, tags: ['core'] },
		{ box: 'propositions', text: 'أصحاب المتاجر' },
		{ box: 'costs', text: '=1+1' },
	])
	await studio.link('Ada', ids[1], ids[0])
	await studio.does('canvas', 'type', place, canvas, '2', 'Owners')
	const teacher = await teacherOf(bag, studio)
	await teacher.openCanvas(canvas)
	await teacher.press(teacher.button('Menu'))
	await teacher.press(teacher.$('[data-panel=menu] li > button[aria-expanded]'))
	const folder = bag.folder()
	const save = async (format) => {
		const [download] = await Promise.all([teacher.page.waitForEvent('download'), teacher.press(`[data-format=${format}]:enabled`)])
		check(download.suggestedFilename().endsWith(`.${format}`) && download.suggestedFilename().includes('Ada'), 'its name tells whose it is', download.suggestedFilename())
		await download.saveAs(`${folder}/canvas.${format}`)
		return readFileSync(`${folder}/canvas.${format}`)
	}

	const svg = (await save('svg')).toString()
	check(/^(<\?xml[^>]*>\s*)?<svg/.test(svg), 'a picture', svg.slice(0, 80))
	for (const text of ['pharmacies', '&lt;towns&gt; &amp;', 'أصحاب', 'Customer Segments', 'Owners']) check(svg.includes(text), `it has ${text}`)
	const png = await save('png')
	const [width, height] = pngSize(png)
	check(width > 1000 && height > 500 && png.length > 10_000, 'drawn large', [width, height, png.length])
	const file = JSON.parse((await save('json')).toString())
	same([file.forwhom, file.notes.length, file.links.length], ['canvas', 3, 1], 'all of it')
	const markdown = (await save('md')).toString()
	for (const text of ['pharmacies', 'Customer Segments', 'Owners']) check(markdown.includes(text), `the text has ${text}`)
	const csv = (await save('csv')).toString()
	check(csv.startsWith('\ufeff') && csv.includes('pharmacies, ""small""'), 'a table, quoted', csv)
	check(!/(^|,)"?=1\+1/m.test(csv), 'that reckons nothing', csv)
	await teacher.page.keyboard.press('Escape')

	// The file, for the whole class: the same canvas, down to types, tags and links.
	await goTo(teacher, 'teams')
	await teacher.press('[data-new-canvas]')
	await teacher.press(teacher.$('label.pill', { has: teacher.page.locator('[value=class]') }))
	const field = teacher.$('[data-teams] input[type=file]')
	const broken = JSON.stringify({ ...file, notes: [], links: [], boxes: file.boxes.map((box) => (box.key === 'channels' ? { ...box, col: 10, w: 3 } : box)) }, null, 1)
	const line = broken.split('\n').findIndex((text) => /"channels"/.test(text)) + 1
	await field.setInputFiles({ name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from(broken) })
	const alert = teacher.$('.new [role=alert]')
	await alert.waitFor()
	const [, told] = /(\d+)/.exec(await alert.textContent()) ?? []
	check(Math.abs(Number(told) - line) <= 10 && (await alert.textContent()).length > 20, `it tells line and reason (the box begins at ${line})`, await alert.textContent())
	await field.setInputFiles({ name: 'none.json', mimeType: 'application/json', buffer: Buffer.from('{\n"forwhom": "canvas",\n nothing\n}') })
	await until('also of what is no JSON', async () => /\b3\b/.test(await alert.textContent()))
	same(await teacher.$('[data-mini]').count(), 2, 'nothing was made')
	await field.setInputFiles(`${folder}/canvas.json`)
	await until('a canvas more', async () => (await teacher.$('[data-mini]').count()) === 3)
	const imported = (await studio.lists('canvas', 'ls', place)).find((one) => !one.team).id
	const bare = async (id) => {
		const rows = await studio.lists('canvas', 'show', place, id)
		const texts = new Map(rows.filter((row) => row.kind === 'note').map((row) => [row.id, row.text]))
		return rows.map((row) => {
			if (row.kind === 'note') return ['note', row.box, row.text, row.type, row.tags]
			if (row.kind === 'link') return ['link', texts.get(row.from), texts.get(row.to), row.as]
			return row.kind === 'box' ? row : row.kind
		})
	}
	same(await bare(imported), await bare(canvas), 'the same canvas')
	await teacher.openCanvas(imported)
	await teacher.seesNote('pharmacies', 'segments')
	await teacher.$('[data-legend]', { hasText: 'Owners' }).waitFor()

	// At the command line the picture is drawn by a program of the system.
	const target = `${folder}/of-the-terminal.png`
	await studio.does('export', place, canvas, '--format', 'png', '-o', target)
	const [wide, high] = pngSize(readFileSync(target))
	check(wide > 1000 && high > 500, 'drawn large', [wide, high])
	teacher.isCalm({ except: REFUSED_FILE })
})

// ── between the wall and canvases ──

test('a post goes from the wall into a canvas by its menu, and a canvas’s offer back to the wall by the composer', async (bag) => {
	const studio = await Studio.open(bag)
	const ama = await (await Person.come(bag, PHONE)).join(studio.server, studio.code, 'Ama')
	await studio.does('team', 'place', studio.place, 'Ama', 'Ada')
	const words = { for: 'night-shift nurses', who: 'miss meals', offer: 'stocked lockers', helps: 'them eat well' }
	await ama.post(words)
	await ama.sees('stocked lockers')
	await ama.closeComposer()
	await ama.press(ama.card('stocked lockers').getByRole('button', { name: 'More' }))
	await ama.press('[data-put]')
	same(await ama.$('[data-into]').evaluateAll((all) => all.map((one) => one.dataset.into)), [studio.canvases.Ada], 'only where one may add')
	await ama.press('[data-into]')
	await ama.press(ama.$('.toast .act').first())
	await ama.$(`[data-canvas="${studio.canvases.Ada}"][data-state=ready]`).waitFor()
	for (const text of Object.values(words)) await ama.note(text).first().waitFor({ state: 'attached' })
	const { notes, links } = await studio.canvas('Ada')
	same([notes.map((note) => note.text).sort(), links.length, [...new Set(notes.map((note) => note.author))]], [Object.values(words).sort(), 3, ['Ama']], 'its parts, linked, by her')

	// Back: what the note and those around it say is in the composer, to be read before it is posted.
	const offer = notes.find((note) => note.text === words.offer)
	await ama.openNote(words.offer)
	await ama.page.keyboard.type(' on every ward')
	await ama.closeNote()
	const back = ama.$('[data-bar]').getByRole('button', { name: /wall/ })
	await ama.turnTo(offer.box)
	if (!(await back.isVisible())) await ama.$(`[data-note="${offer.id}"]`).focus()
	await ama.press(back)
	await ama.$('[data-composer]').waitFor()
	const sentence = await until('the sentence', () => ama.$('[data-composer] .sentence').textContent())
	for (const text of ['night-shift nurses', 'miss meals', 'stocked lockers on every ward', 'them eat well']) check(sentence.includes(text), `it says ${text}`, sentence)
	await ama.sendIt()
	await ama.sees('on every ward')
	await until('two posts', async () => (await studio.lists('ls', studio.place)).length === 2)

	// A statement that was half written is not lost to it.
	await ama.closeComposer()
	await ama.write({ for: 'half a thought' })
	await ama.closeComposer()
	await ama.openCanvas(studio.canvases.Ada)
	await ama.turnTo(offer.box)
	await ama.$(`[data-note="${offer.id}"]`).focus()
	await ama.press(back)
	await until('the canvas’s words', async () => (await ama.$('[data-composer] .sentence').textContent()).includes('every ward'))
	await toastUndo(ama)
	await until('what she had written', async () => (await ama.$('[data-composer] .sentence').textContent()).includes('half a thought'))
	ama.isCalm()
})

// ── for everybody ──

/** Teams, picker, settings and history at this device. */
async function visit(bag, device) {
	const studio = await Studio.open(bag)
	await studio.notes('Ada', [{ box: 'segments', text: 'pharmacies', type: 1, tags: ['core'] }, { box: 'channels', text: 'أصحاب المتاجر' }])
	const ama = await studio.script('Ama', 'Ada')
	await studio.script('Jun')
	await scripted(ama, 'canvas', 'note', 'add', studio.place, studio.canvases.Ada, 'costs', 'rent')
	await scripted(ama, 'post', studio.place, '--for', 'nurses', '--offer', 'lockers')
	const found = []
	const teacher = await teacherOf(bag, studio, device)
	const look = async (place, person = teacher) => {
		found.push(...(await findings(person, place)))
		const { width, screen } = await person.page.evaluate(() => ({ width: document.documentElement.scrollWidth, screen: innerWidth }))
		check(width <= screen, `${place} does not scroll sideways`, { width, screen })
	}
	await goTo(teacher, 'teams')
	await teacher.$('[data-mini] svg .bar').first().waitFor()
	await teacher.press(teacher.$('[data-person]', { hasText: 'Jun' }))
	await teacher.press('[data-new-canvas] + .btn')
	await teacher.press(teacher.$('[data-rename]').first())
	await teacher.press('[data-new-canvas]')
	await teacher.$('[data-template] svg').first().waitFor()
	await teacher.$('[data-teams] input[type=file]').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{') })
	await teacher.$('.new [role=alert]').waitFor()
	await look('teams and picker')

	await teacher.openCanvas(studio.canvases.Ada)
	await goTo(teacher, 'set')
	await teacher.press('[data-plan=segments]')
	await teacher.$('form.box').waitFor()
	await teacher.page.keyboard.press('Alt+ArrowRight')
	await teacher.$('main [role=alert]').waitFor()
	await look('settings')

	await teacher.openCanvas(studio.canvases.Ada)
	await goTo(teacher, 'past')
	await pastIsShown(teacher)
	await teacher.press('.slide .step >> nth=0')
	await teacher.$('.stage[aria-busy=false]').waitFor()
	await bringBack(teacher)
	await teacher.press(teacher.note('pharmacies'))
	await teacher.$('.ask').getByRole('button', { name: /pharmacies/ }).waitFor()
	await look('history of a canvas, and what is brought back')
	await teacher.page.goto(studio.server.link(studio.code))
	await teacher.isIn()
	await goTo(teacher, 'past')
	await pastIsShown(teacher)
	await teacher.press(teacher.button('Menu'))
	await teacher.press(teacher.$('[data-panel=menu] li > button[aria-expanded]'))
	await teacher.$('[data-format]').first().waitFor()
	await look('history of a wall, menu with files')

	const jun = await (await Person.come(bag, device)).join(studio.server, studio.code, 'Lin')
	await studio.does('set', studio.place, 'teams=self')
	await goTo(jun, 'teams')
	await jun.$('[data-team] button').first().waitFor()
	await look('teams, to choose', jun)
	same(found, [], 'axe finds nothing')
}

test('axe finds nothing on teams, picker, settings and history on a laptop, light or dark', (bag) => visit(bag, LAPTOP))
test('axe finds nothing on teams, picker, settings and history on a phone, light or dark', (bag) => visit(bag, PHONE))

test('teams, a canvas for each and their past, by keyboard alone', async (bag) => {
	const studio = await Studio.open(bag, { template: '', teams: [] })
	const teacher = await teacherOf(bag, studio)
	for (const name of ['Kofi', 'Zoe']) await studio.script(name)
	const { keyboard } = teacher.page
	const isOn = (selector) => until(`the focus is on ${selector}`, () => teacher.page.evaluate((wanted) => document.activeElement.matches(wanted), selector))
	/** Tabs on until the focus is on it, whatever it is called. */
	const tabOn = async (selector) => {
		const called = await teacher.$(selector).first().evaluate((element) => element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent)
		await tabTo(teacher, new RegExp(called.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s*')))
	}

	await tabTo(teacher, /Menu/)
	await keyboard.press('Enter')
	await teacher.$('[data-panel=menu] a[href$="/teams"]').waitFor()
	await tabOn('[data-panel=menu] a[href$="/teams"]')
	await keyboard.press('Enter')
	await isOn('[data-teams]')
	await tabOn('#new-teams')
	await keyboard.type('Ada, Bo')
	await keyboard.press('Enter')
	await until('two teams', async () => (await teamNames(teacher)).join() === 'Ada,Bo')
	await tabTo(teacher, /Kofi/)
	await keyboard.press('Enter')
	await teacher.$('[data-person][aria-pressed=true]').waitFor()
	await tabOn('[data-team]:not([data-team=""]) > .btn')
	await keyboard.press('Enter')
	await hasPeople(teacher, 'Ada', 'Kofi')
	await isOn('[data-person]')
	await tabOn('[data-rename]')
	await keyboard.press('Enter')
	await isOn('[data-team] form input')
	await keyboard.type('Eve')
	await keyboard.press('Enter')
	await isOn('[data-rename]')
	await until('renamed', async () => (await teamNames(teacher)).join() === 'Eve,Bo')
	await tabOn('[data-new-canvas]')
	await keyboard.press('Enter')
	await teacher.$('[data-template]').first().waitFor()
	await tabOn('[data-template=vpc]')
	await keyboard.press('Enter')
	await until('a canvas each', async () => (await teacher.$('[data-mini]').count()) === 2)
	await isOn('[data-new-canvas]')
	await teacher.$('[data-mini] svg').first().waitFor()
	await tabTo(teacher, /Eve/)
	await keyboard.press('Enter')
	await teacher.$('[data-canvas][data-state=ready] [data-box]').first().waitFor()
	await tabOn('[data-add=pains]')
	for (const text of ['queues', 'noise']) {
		await keyboard.type(text)
		await keyboard.press('Enter')
		await teacher.seesNote(text, 'pains')
	}
	await keyboard.press('ArrowUp')
	await keyboard.press('Delete')
	await teacher.seesNoNote('noise')
	await teacher.seesSaved()

	await tabTo(teacher, /Menu/)
	await keyboard.press('Enter')
	await teacher.$('[data-panel=menu] a[href$="/past"]').waitFor()
	await tabOn('[data-panel=menu] a[href$="/past"]')
	await keyboard.press('Enter')
	await pastIsShown(teacher)
	await isOn('.slide input')
	await keyboard.press('ArrowLeft')
	await teacher.$('.stage [data-note]', { hasText: 'noise' }).waitFor()
	await keyboard.press('Tab')
	await tabOn('.slide [aria-expanded]')
	await keyboard.press('Enter')
	await teacher.$('.ask .btn').first().waitFor()
	await tabOn('.ask .btn:not(.quiet)')
	await keyboard.press('Enter')
	await teacher.$('[data-canvas] [data-note]', { hasText: 'noise' }).waitFor()
	await tabTo(teacher, /^ ? ?Undo/)
	await keyboard.press('Enter')
	await teacher.seesNoNote('noise')
	teacher.isCalm()
})
