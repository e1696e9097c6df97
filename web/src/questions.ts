/*
 * What is asked once and answered when it is ready, in parts: history, moments, exports (proto/README.md §13, §14). Two
 * at a time, as the server takes them; a lost connection answers with a refusal, for whoever asks can ask again.
 */
import { OFFLINE, type Answer } from './api'
import { newId } from './ids'
import type { File, History, Moment, MomentPart, No, WireObject } from './wire'

const AT_ONCE = 2
const TRIES = 5
const PAUSE_MS = 500

type Part = History | MomentPart | File
interface Question {
	id: string
	message: object
	parts: Part[]
	tries: number
	isOut: boolean
	settle(answer: Answer<readonly Part[]>): void
}

export class Questions {
	private readonly open: Question[] = []
	private readonly timers = new Set<ReturnType<typeof setTimeout>>()

	constructor(private readonly say: (message: object) => boolean) {}

	history(doc: string): Promise<Answer<readonly Moment[]>> {
		return this.ask({ t: 'history', doc }, (parts) => parts.flatMap((part) => (part as History).moments))
	}

	moment(doc: string, at: number): Promise<Answer<readonly WireObject[]>> {
		return this.ask({ t: 'moment', doc, at }, (parts) => parts.flatMap((part) => (part as MomentPart).objects))
	}

	exportFile(doc: string, format: string): Promise<Answer<string>> {
		return this.ask({ t: 'export', doc, format }, (parts) => parts.map((part) => (part as File).text).join(''))
	}

	heardPart(part: Part): void {
		const question = this.open.find((q) => q.id === part.id)
		if (!question) return
		if (part.part === 0) question.parts = []
		question.parts.push(part)
		if (part.last) this.settle(question, { ok: true, value: question.parts })
	}

	heardNo({ id, code, say, args, retry_ms }: No): void {
		const question = this.open.find((q) => q.id === id)
		if (!question) return
		if ((code === 'busy' || code === 'rate') && question.tries < TRIES) {
			const timer = setTimeout(() => {
				this.timers.delete(timer)
				question.isOut = false
				this.send()
			}, retry_ms ?? PAUSE_MS)
			this.timers.add(timer)
		} else this.settle(question, { ok: false, refusal: { code, say, args: args ?? {} } })
	}

	/** The connection went: nobody will answer any more. */
	cut(): void {
		for (const timer of this.timers) clearTimeout(timer)
		this.timers.clear()
		for (const question of [...this.open]) this.settle(question, { ok: false, refusal: OFFLINE })
	}

	private async ask<T>(message: object, join: (parts: readonly Part[]) => T): Promise<Answer<T>> {
		const answer = await new Promise<Answer<readonly Part[]>>((settle) => {
			this.open.push({ id: newId(), message, parts: [], tries: 0, isOut: false, settle })
			this.send()
		})
		return answer.ok ? { ok: true, value: join(answer.value) } : answer
	}

	private send(): void {
		for (const question of [...this.open].slice(0, AT_ONCE)) {
			if (question.isOut) continue
			question.isOut = true
			question.tries++
			if (!this.say({ ...question.message, id: question.id })) this.settle(question, { ok: false, refusal: OFFLINE })
		}
	}

	private settle(question: Question, answer: Answer<readonly Part[]>): void {
		const at = this.open.indexOf(question)
		if (at < 0) return
		this.open.splice(at, 1)
		question.settle(answer)
		this.send()
	}
}
