/* A class that works on canvases: teams with a canvas each, made at the command line, and people placed in the teams. */
import { check, until } from './harness.mjs'
import { LAPTOP, Person } from './people.mjs'
import { password, Server } from './server.mjs'
import { command, Terminal } from './terminal.mjs'

export class Studio {
	/** `template`: which canvas every team gets, '' for none. `args`: of the server. The rest is about the class. */
	static async open(bag, { template = 'bmc', teams = ['Ada', 'Bo'], args = [], ...about } = {}) {
		const studio = new Studio()
		studio.bag = bag
		studio.server = await Server.start(bag, { args })
		studio.code = await studio.server.newClass(about)
		studio.place = `${studio.code}@localhost:${studio.server.port}`
		studio.home = bag.folder()
		await studio.does('login', studio.server.origin, '--name', studio.server.instructor)
		if (teams.length > 0) await studio.does('team', 'add', studio.place, ...teams)
		if (template) await studio.does('canvas', 'new', studio.place, '--template', template, ...(teams.length > 0 ? ['--each'] : []))
		studio.canvases = {}
		for (const { team, id } of await studio.lists('canvas', 'ls', studio.place)) studio.canvases[team || 'all'] = id
		return studio
	}

	/** What the instructor does at the command line; its standard output. */
	async does(...words) {
		const { code, stdout, stderr } = await command(this.home, words, `${password}\n`)
		check(code === 0, words.join(' '), stderr)
		return stdout.trim()
	}

	async lists(...words) {
		const answer = await this.does(...words, '--json')
		return answer === '' ? [] : answer.split('\n').map((line) => JSON.parse(line))
	}

	/** Somebody comes in by browser, is put into a team and goes to its canvas. `over`: the line they come by. */
	async student(name, team, { device = LAPTOP, over = this.server, canvas = this.canvases[team] } = {}) {
		const person = await (await Person.come(this.bag, device)).join(over, this.code, name)
		if (team) await this.does('team', 'place', this.place, name, team)
		await person.openCanvas(canvas)
		return person
	}

	/** Somebody's home folder at the command line, joined and placed. */
	async script(name, team, over = this.server) {
		const home = this.bag.folder()
		const { code, stderr } = await command(home, ['join', `${this.code}@localhost:${over.port}`, '--name', name])
		check(code === 0, `${name} joins`, stderr)
		if (team) await this.does('team', 'place', this.place, name, team)
		return home
	}

	/** Somebody at a terminal, on the canvas of their team. */
	async terminal(name, team, { over = this.server, columns = 140, rows = 45 } = {}) {
		const home = await this.script(name, team, over)
		const terminal = await Terminal.open(this.bag, { home, args: [`${this.code}@localhost:${over.port}`], columns, rows })
		await terminal.openCanvas(team)
		return terminal
	}

	/** Puts notes on a team's canvas: {box, text, type, tags}… Returns their ids. */
	async notes(team, notes) {
		const { code, stdout, stderr } = await command(this.home, ['canvas', 'note', 'add', this.place, this.canvases[team], '-', '--json'], notes.map((note) => `${JSON.stringify(note)}\n`).join(''))
		check(code === 0, 'notes are added', stderr)
		return stdout.trim().split('\n').map((line) => JSON.parse(line).id)
	}

	async link(team, from, to) {
		await this.does('canvas', 'note', 'link', this.place, this.canvases[team], from, to)
	}

	/** A team's canvas as the server has it: {boxes: {box: [words…]}, notes, links}. */
	async canvas(team) {
		const rows = await this.lists('canvas', 'show', this.place, this.canvases[team])
		const notes = rows.filter((row) => row.kind === 'note')
		const boxes = Object.fromEntries(rows.filter((row) => row.kind === 'box').map((box) => [box.id, notes.filter((note) => note.box === box.id).map((note) => note.text)]))
		return { boxes, notes, links: rows.filter((row) => row.kind === 'link') }
	}

	/** Waits until everybody's screen shows what the server has, and all of it is saved. Returns that. */
	async agrees(team, people) {
		let boxes
		await until(`${people.map((person) => person.name).join(', ')} and the server agree`, async () => {
			boxes = (await this.canvas(team)).boxes
			const wanted = JSON.stringify(Object.entries(boxes).sort())
			const sheets = await Promise.all(people.map(async (person) => JSON.stringify(Object.entries(await person.sheet()).sort())))
			const odd = sheets.findIndex((sheet) => sheet !== wanted)
			check(odd < 0, `${people[odd]?.name} sees`, `${sheets[odd]}, the server has ${wanted}`)
			return true
		})
		for (const person of people) await person.seesSaved()
		return boxes
	}
}
