/*
 * What one's own screen shows of teams and canvases before the server has answered: pending.ts for the commands that
 * only those screens know. What the server alone can tell (promotions, undo, what a restore brings back) is not guessed.
 */
import type { Pending } from './outbox'
import { atEnd, Picture } from './pending'
import type { Fields, Value, WireObject } from './wire'

export const lines = (text: Value | undefined): string[] => String(text ?? '').split('\n').filter((line) => line !== '')

const only = (args: Fields, ...keys: string[]): Record<string, Value> => Object.fromEntries(keys.flatMap((key) => (args[key] === undefined ? [] : [[key, args[key]]])))

/** What a link between notes of these boxes means: whichever box lists the other says so, and it may have to be turned round. */
export function meaningOf(from: WireObject | undefined, to: WireObject | undefined): { as: string; isTurned: boolean } {
	const asked = (box: WireObject | undefined, other: WireObject | undefined): string | undefined =>
		String(box?.fields.links ?? '').split(' ').find((link) => other && link.startsWith(`${other.id}:`))?.split(':')[1]
	const straight = asked(from, to)
	if (straight) return { as: straight, isTurned: false }
	const turned = asked(to, from)
	return turned ? { as: turned, isTurned: true } : { as: 'note', isTurned: false }
}

export class Sketch extends Picture {
	override apply(item: Pending): void {
		this.turn++
		const args = item.args as Fields
		const id = String(args.id ?? '')
		const ids = Array.isArray(item.args.ids) ? (item.args.ids as string[]) : []
		switch (item.cmd) {
			case 'team.add':
				return this.put({ id, kind: 'team', fields: { name: args.name!, pos: this.place('team', args.before) } })
			case 'team.set':
				return this.set(id, { name: args.name! })
			case 'team.remove':
			case 'document.remove':
			case 'box.remove':
				return this.set(id, { deleted: 'staff' })
			case 'team.restore':
			case 'document.restore':
			case 'box.restore':
				return this.set(id, { deleted: '' })
			case 'team.join':
				return this.set(this.expect.me, { team: args.team ?? '' })
			case 'member.place':
				return this.set(String(args.member), { team: args.team ?? '' })
			case 'document.set':
				return this.set(id, only(args, 'title', 'see', 'add', 'change'))
			case 'document.move':
				return this.set(id, { pos: this.place('document', args.before) })
			case 'box.add':
				return this.put({ id, kind: 'box', fields: boxFields(args) })
			case 'box.set':
				return this.set(id, boxFields(args))
			case 'type.set':
				return this.setType(Number(args.number), String(args.name ?? ''))
			case 'note.add':
				return this.put({ id, kind: 'note', fields: this.newNote(item) })
			case 'note.set':
				for (const note of ids) this.set(note, only(args, 'type', 'tags'))
				return
			case 'note.move':
				return this.move(ids, String(args.box), args.before)
			case 'note.delete':
				for (const note of ids) this.removeNote(note)
				return
			case 'note.duplicate':
				for (const [n, note] of ids.entries()) this.copy(note, `${item.id}.${n}`)
				return
			case 'link.add':
				return this.link(id, String(args.from), String(args.to))
			case 'link.remove':
				return this.remove(id)
		}
		return super.apply(item)
	}

	private newNote({ args, made_ms }: Pending): Fields {
		const { box, before } = args as Fields
		return { ...only(args as Fields, 'text', 'box', 'type', 'tags'), pos: this.place('note', before, box), author: this.expect.me, at: made_ms }
	}

	private setType(number: number, name: string): void {
		const id = `type.${number}`
		if (name === '') this.remove(id)
		else this.put({ id, kind: 'type', fields: { number, name } }, true)
	}

	private move(ids: readonly string[], box: string, before: Value | undefined): void {
		const allowed = new Set(lines(this.get(box)?.fields.tags))
		for (const [n, id] of ids.entries()) {
			const note = this.get(id)
			if (!note) continue
			const pos = before === undefined ? `${atEnd(this.turn)}${String(n).padStart(3, '0')}` : this.place('note', before, box)
			const tags = note.fields.box === box ? note.fields.tags : lines(note.fields.tags).filter((tag) => allowed.has(tag)).join('\n')
			this.set(id, { box, pos, tags: tags ?? '' })
		}
	}

	private removeNote(id: string): void {
		this.remove(id)
		for (const { kind, id: link, fields } of [...this.all()]) if (kind === 'link' && (fields.from === id || fields.to === id)) this.remove(link)
	}

	private copy(id: string, as: string): void {
		const note = this.get(id)
		if (note) this.put({ id: as, kind: 'note', fields: { ...note.fields, pos: `${String(note.fields.pos ?? '')} ` } })
	}

	private link(id: string, from: string, to: string): void {
		const [a, b] = [this.get(from), this.get(to)]
		if (!a || !b) return
		for (const { kind, fields } of this.all()) {
			if (kind === 'link' && ((fields.from === from && fields.to === to) || (fields.from === to && fields.to === from))) return
		}
		const { as, isTurned } = meaningOf(this.get(String(a.fields.box)), this.get(String(b.fields.box)))
		this.put({ id, kind: 'link', fields: isTurned ? { from: to, to: from, as } : { from, to, as } })
	}
}

const boxFields = (args: Fields): Record<string, Value> => only(args, 'title', 'col', 'row', 'w', 'h', 'order', 'questions', 'tip', 'tags')
