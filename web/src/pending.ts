/*
 * What the person's own screen shows before the server has answered: the effect each waiting command is expected to
 * have, laid over what the server sent. Only a picture: nothing here is sent or kept, and whatever the server then says
 * replaces it.
 */
import type { Pending } from './outbox'
import type { Fields, Value, WireObject } from './wire'

export interface Expectation {
	me: string
	isStaff: boolean
	/** The wall holds members' posts for approval. */
	hold: boolean
}

/** Sorts behind every position key the server makes, in the order of making. */
export const atEnd = (turn: number): string => `\uffff${String(turn).padStart(6, '0')}`

type Get = (id: string) => WireObject | undefined
type All = () => Iterable<WireObject>

export const revisionId = (post: string): string => `${post}.r`

const WORDS = ['for', 'who', 'offer', 'helps', 'venture'] as const

function pick(args: Fields, keys: readonly string[]): Record<string, Value> {
	return Object.fromEntries(keys.flatMap((key) => (args[key] === undefined ? [] : [[key, args[key]]])))
}

export class Picture {
	private readonly changed = new Map<string, WireObject | null>()
	protected turn = 0

	constructor(
		private readonly base: Get,
		private readonly everything: All,
		protected readonly expect: Expectation,
	) {}

	get(id: string): WireObject | undefined {
		const changed = this.changed.get(id)
		return changed === undefined ? this.base(id) : (changed ?? undefined)
	}

	*all(): IterableIterator<WireObject> {
		for (const object of this.everything()) {
			const changed = this.changed.get(object.id)
			if (changed === undefined) yield object
			else if (changed) yield changed
		}
		for (const [id, object] of this.changed) if (object && !this.base(id)) yield object
	}

	apply(item: Pending): void {
		this.turn++
		const args = item.args as Fields
		const id = String(args.id ?? '')
		switch (item.cmd) {
			case 'class.set':
				return this.set('class', args)
			case 'member.rename':
				return this.set(this.expect.me, { name: args.name! })
			case 'wall.set':
				return this.set('wall', args)
			case 'section.add':
				return this.put({ id, kind: 'section', fields: { title: args.title!, pos: this.place('section', args.before) } })
			case 'section.set':
				return this.set(id, { title: args.title! })
			case 'section.move':
				return this.set(id, { pos: this.place('section', args.before) })
			case 'section.remove':
				return this.expect.isStaff ? this.set(id, { deleted: 'staff' }) : undefined
			case 'section.restore':
				return this.set(id, { deleted: '' })
			case 'post.add':
				return this.put({ id, kind: 'post', fields: this.newPost(item) })
			case 'post.edit':
				return this.edit(id, pick(args, WORDS))
			case 'post.approve':
				return this.approve(id)
			case 'post.reject':
				return this.reject(id, { state: 'rejected', reason: args.reason ?? '' })
			case 'post.hide':
				return this.set(id, { state: 'hidden' })
			case 'post.show':
				return this.set(id, { state: 'shown' })
			case 'post.move':
				return this.set(id, { section: args.section ?? '', pos: this.place('post', args.before) })
			case 'post.delete':
				return this.set(id, { deleted: this.get(id)?.fields.author === this.expect.me ? 'author' : 'staff' })
			case 'post.restore':
				return this.set(id, { deleted: '' })
		}
	}

	private newPost({ args, made_ms }: Pending): Fields {
		return {
			...pick(args as Fields, [...WORDS, 'section', 'names']),
			pos: atEnd(this.turn),
			author: this.expect.me,
			state: this.expect.hold && !this.expect.isStaff ? 'held' : 'shown',
			version: 1,
			at: made_ms,
		}
	}

	private edit(id: string, words: Fields): void {
		const post = this.get(id)
		if (!post) return
		const revision = this.get(revisionId(id))
		// One up from what the author saw, so that a second edit queued behind this one names the right version.
		const version = Number((revision ?? post).fields.version ?? 0) + 1
		if (this.expect.hold && !this.expect.isStaff && post.fields.state === 'shown') {
			const before = pick((revision ?? post).fields, WORDS)
			this.put({ id: revisionId(id), kind: 'revision', fields: { ...before, ...words, post: id, author: this.expect.me, state: 'held', version } }, true)
			return
		}
		this.set(id, { ...words, version, reason: '', ...(post.fields.state === 'rejected' && { state: 'held' }) })
		if (revision) this.changed.set(revision.id, null)
	}

	private approve(id: string): void {
		const revision = this.get(revisionId(id))
		const words = revision && Object.fromEntries(WORDS.map((key) => [key, revision.fields[key] ?? '']))
		this.set(id, { ...words, state: 'shown', reason: '' })
		if (revision) this.changed.set(revision.id, null)
	}

	private reject(id: string, verdict: Fields): void {
		this.set(this.get(revisionId(id)) ? revisionId(id) : id, verdict)
	}

	/** A key that sorts right before that of `before`, or behind everything. */
	protected place(kind: string, before: Value | undefined, box?: Value): string {
		const next = before === undefined ? undefined : this.get(String(before))
		if (!next) return atEnd(this.turn)
		const limit = String(next.fields.pos ?? '')
		let below = ''
		for (const { kind: k, fields } of this.all()) {
			const pos = String(fields.pos ?? '')
			if (k === kind && pos < limit && pos > below && (box === undefined || fields.box === box)) below = pos
		}
		return `${below}!`
	}

	protected remove(id: string): void {
		if (this.get(id)) this.changed.set(id, null)
	}

	protected put(object: WireObject, over = false): void {
		if (over || !this.get(object.id)) this.changed.set(object.id, object)
	}

	protected set(id: string, fields: Fields): void {
		const old = this.get(id)
		if (old) this.changed.set(id, { ...old, fields: { ...old.fields, ...fields } })
	}
}
