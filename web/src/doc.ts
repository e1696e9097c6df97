/*
 * One document as this view has it: the objects everybody of the view sees, and over them `mine`, what this person
 * alone sees. Takes what the server sends and says when it has to be opened again; it never asks for anything itself.
 *
 * The twin of proto/doc.c, held to it by proto/vectors and by the digest that the server sends along.
 */
import { addField, addObject, writeSum, type Lanes } from './digest'
import { applyEdit } from './edits'
import { kindFields } from './gen/tables'
import type { Edit, Mine, Op, Ops, Snapshot, Value, WireObject } from './wire'

/** What the message did: `again` means open from what is here, `anew` means drop everything and open from nothing. */
export type Taken = 'applied' | 'partial' | 'ignored' | 'again' | 'anew'

export class Doc {
	objects = new Map<string, WireObject>()
	mine = new Map<string, WireObject>()
	epoch = 0
	at = 0
	/** Whether a whole snapshot has been taken, so that epoch and at mean something. */
	loaded = false

	private sum: Lanes = [0, 0]
	private parts: WireObject[] | null = null
	private mineCount = 0

	constructor(readonly id: string) {}

	/** What this person sees of an object. */
	get(id: string): WireObject | undefined {
		return this.mine.get(id) ?? this.objects.get(id)
	}

	/** Everything this person sees. */
	*all(): IterableIterator<WireObject> {
		for (const object of this.objects.values()) yield this.mine.get(object.id) ?? object
		for (const object of this.mine.values()) if (!this.objects.has(object.id)) yield object
	}

	digest(): string {
		return writeSum(this.sum)
	}

	/** A part that was under way when the connection went will not be continued on the next one. */
	abandonParts(): void {
		this.parts = null
	}

	takeSnapshot(message: Snapshot): Taken {
		if (message.part === 0) this.parts = []
		if (!this.parts) return 'ignored'
		this.parts.push(...message.objects)
		if (!message.last) return 'partial'
		this.objects = new Map()
		this.sum = [0, 0]
		for (const object of this.parts) this.put(object)
		this.parts = null
		this.epoch = message.epoch
		this.at = message.at
		this.loaded = true
		return this.checkSum(message.sum)
	}

	takeOps(message: Ops): Taken {
		if (this.parts) return 'ignored'
		if (!this.loaded) return 'anew'
		if (message.at < this.at || (message.at === this.at && message.ops.length > 0)) return 'ignored'
		/* What was on its way when the document was opened again comes twice: those it has already are passed over. */
		const had = this.at - (message.at - message.ops.length)
		if (had < 0) return 'again'
		for (const op of message.ops.slice(had)) this.apply(op)
		this.at = message.at
		this.epoch = message.epoch
		return this.checkSum(message.sum)
	}

	takeMine(message: Mine): Taken {
		if (message.whole) this.mine = new Map()
		else if (message.n !== this.mineCount + 1) return 'again'
		this.mineCount = message.n
		for (const object of message.objects ?? []) this.mine.set(object.id, object)
		for (const id of message.gone ?? []) this.mine.delete(id)
		return 'applied'
	}

	apply(op: Op): void {
		switch (op.op) {
			case 'put':
				this.put({ id: op.id, kind: op.kind, fields: op.fields })
				return
			case 'set':
				this.set(op.id, op.fields)
				return
			case 'text':
				this.edit(op.id, op.field, op.rev, op.edit)
				return
			case 'del':
				this.remove(op.id)
		}
	}

	/** An edit that does not fit its text, or a field that is not for typing, changes nothing. */
	private edit(id: string, field: string, rev: number, edit: Edit): void {
		const object = this.objects.get(id)
		if (!object) return
		const revField = revFieldOf(object.kind, field)
		const old = object.fields[field] ?? ''
		const text = revField === null || typeof old !== 'string' ? null : applyEdit(old, edit)
		if (text !== null && revField !== null) this.set(id, { [field]: text, ...(revField && { [revField]: rev }) })
	}

	private checkSum(sum: string | undefined): Taken {
		return sum === undefined || sum === this.digest() ? 'applied' : 'anew'
	}

	private put(object: WireObject): void {
		this.remove(object.id)
		this.objects.set(object.id, object)
		addObject(this.sum, 1, object)
	}

	private remove(id: string): void {
		const old = this.objects.get(id)
		if (!old) return
		addObject(this.sum, -1, old)
		this.objects.delete(id)
	}

	private set(id: string, changes: Readonly<Record<string, Value | null>>): void {
		const old = this.objects.get(id)
		if (!old) return
		const fields: Record<string, Value> = { ...old.fields }
		for (const [key, value] of Object.entries(changes)) {
			addField(this.sum, -1, id, key, fields[key])
			if (value === null) delete fields[key]
			else fields[key] = value
			addField(this.sum, 1, id, key, fields[key])
		}
		this.objects.set(id, { id, kind: old.kind, fields })
	}
}

/** The field that holds the revision of a text: '' where the kind or field is unknown, null where nobody types in it. */
function revFieldOf(kind: string, field: string): string | null {
	const known = (kindFields as Partial<Record<string, Record<string, { rev?: string }>>>)[kind]?.[field]
	return known ? (known.rev ?? null) : ''
}

/** The digest of a set of objects from scratch. */
export function digestOf(objects: Iterable<WireObject>): string {
	const sum: Lanes = [0, 0]
	for (const object of objects) addObject(sum, 1, object)
	return writeSum(sum)
}
