/* Hands that use nothing but keys, or nothing but single taps; and a mouse or a finger that drags. */
import { check, until } from './harness.mjs'

/** What the focus stands on, as a screen reader would say it. */
export const focused = (person) =>
	person.page.evaluate(() => {
		const at = document.activeElement
		return `${at?.id ?? ''} ${at?.getAttribute('aria-label') ?? ''} ${at?.labels?.[0]?.textContent ?? ''} ${at?.matches('button, a, h2, label') ? at.textContent : ''} ${at?.value ?? ''} ${at?.dataset.post ? 'card' : ''}`.replace(/\s+/g, ' ')
	})

/** Tabs on until the focus stands on what was wanted, and checks that it can be seen there. */
export async function tabTo(person, wanted, key = 'Tab') {
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

/** Taps with one finger at one place; words come from the keyboard that opens. */
export async function tap(person, locator) {
	await locator.scrollIntoViewIfNeeded()
	const box = await until('there is something to tap', () => locator.boundingBox())
	check(box.width >= 24 && box.height >= 24, 'what is tapped is at least 24 px wide and high', `${await locator.textContent()} ${JSON.stringify(box)}`)
	await person.page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2)
}

/** Taps a field and writes in it. */
export async function field(person, locator, text) {
	await tap(person, locator)
	await until('the field has the focus', () => locator.evaluate((element) => element === document.activeElement))
	await person.page.keyboard.insertText(text)
}

const middle = ({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 })

/** Where on the screen a thing can be taken hold of. */
async function gripOf(locator) {
	await locator.scrollIntoViewIfNeeded()
	return middle(await until('there is something to take', () => locator.boundingBox()))
}

/** Takes hold of `from` by mouse and carries it over `to`; `drop` lets go there. */
export async function dragByMouse(person, from, to, { drop = true } = {}) {
	const { mouse } = person.page
	const start = await gripOf(from)
	await mouse.move(start.x, start.y)
	await mouse.down()
	await mouse.move(start.x + 8, start.y + 8)
	const end = await gripOf(to)
	await mouse.move(end.x, end.y, { steps: 3 })
	if (drop) await mouse.up()
}

/**
 * The same with a finger, which rests on a note until the page has felt it (the phone trembles then), and goes by as
 * many small steps as a finger does.
 */
export async function dragByFinger(person, from, to) {
	const session = await person.context.newCDPSession(person.page)
	const touch = (type, at) => session.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [at] : [] })
	await person.page.evaluate(() => {
		window.trembled = false
		Object.defineProperty(navigator, 'vibrate', { configurable: true, value: () => (window.trembled = true) })
	})
	const start = await gripOf(from)
	await touch('touchStart', start)
	await until('the phone trembles', () => person.page.evaluate(() => window.trembled))
	const end = middle(await to.boundingBox())
	for (let i = 1; i <= 8; i++) await touch('touchMove', { x: start.x + ((end.x - start.x) * i) / 8, y: start.y + ((end.y - start.y) * i) / 8 })
	await person.$('[data-carried]').waitFor()
	await person.$('.before').first().waitFor()
	await touch('touchEnd')
	await session.detach()
}
